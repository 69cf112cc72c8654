/** Titles of the sample catalog and the clip each one plays; episodes of a series share one. */
const films = [
  'big_buck_bunny',
  'sintel',
  'tears_of_steel',
  'elephants_dream',
  'cosmos_laundromat',
  'spring',
  'caminandes_llamigos',
  'agent_327',
  'coffee_run',
  'sprite_fright',
  'charge',
  'wing_it',
];
const series = ['tideline', 'night_signal'];
const episodes = ['s1e1', 's1e2', 's1e3', 's2e1', 's2e2', 's2e3'];

const clips: ReadonlyMap<string, string> = new Map([
  ...films.map((name) => [`mov_${name}`, clipUrl(name)] as const),
  ...series.flatMap((name) =>
    episodes.map((episode) => [`ep_${name}_${episode}`, clipUrl(name)] as const),
  ),
]);

/** Every playable the demo can play. */
export const playableIds: readonly string[] = [...clips.keys()];

/** Where the clip of a playable is; undefined: the demo has none, and offers no play button. */
export function clipOf(playableId: string): string | undefined {
  return clips.get(playableId);
}

function clipUrl(name: string): string {
  return `clips/${name}.webm`;
}
