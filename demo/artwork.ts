import { artworkHeight, artworkWidth, drawScene, drawsOf, type Scene } from './scenery.ts';

/**
 * A picture for a title without one: a landscape that depends on its id alone, with its name on it.
 *
 * Shape: an SVG document. `id` holds no character that SVG would have to escape ([A-Za-z0-9_-]).
 */
export function renderArtwork(id: string): string {
  const { show, caption } = nameOf(id);
  return drawing(`${landscape(id)}
<linearGradient id="shade" x1="0" y1="0" x2="0" y2="1"><stop offset=".45" stop-color="#05070d" stop-opacity="0"/><stop offset="1" stop-color="#05070d" stop-opacity=".82"/></linearGradient>
<rect width="${artworkWidth}" height="${artworkHeight}" fill="url(#shade)"/>
${letters(titleOf(show), caption)}`);
}

/** The landscape of the same title without a word on it: what a clip is shown over. */
export function renderBackdrop(id: string): string {
  return drawing(landscape(id));
}

/** The light that falls around a screen: the landscape, blurred here once and not by every frame. */
export function renderGlow(id: string): string {
  return drawing(`<filter id="soft" x="-25%" y="-25%" width="150%" height="150%">
<feGaussianBlur stdDeviation="34"/><feColorMatrix type="saturate" values="1.5"/></filter>
<g transform="translate(64 36) scale(.8)" filter="url(#soft)">${landscape(id)}</g>`);
}

function drawing(content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${artworkWidth} ${artworkHeight}">
${content}
</svg>
`;
}

function landscape(id: string): string {
  const { show, caption } = nameOf(id);
  // Episodes share the place and differ in the hour: their draws begin with the whole id.
  return drawScene(sceneOf(show), drawsOf(caption === '' ? show : id));
}

/** Places for the titles of the sample catalog; any other title gets one by chance. */
const scenes: Readonly<Record<string, Scene>> = {
  big_buck_bunny: { kind: 'hills', skyHue: 205, landHue: 112, lightHue: 46 },
  sintel: { kind: 'peaks', skyHue: 262, landHue: 236, lightHue: 214 },
  tears_of_steel: { kind: 'city', skyHue: 200, landHue: 214, lightHue: 344 },
  elephants_dream: { kind: 'orbit', skyHue: 282, landHue: 8, lightHue: 36 },
  cosmos_laundromat: { kind: 'sea', skyHue: 292, landHue: 300, lightHue: 40 },
  spring: { kind: 'hills', skyHue: 320, landHue: 150, lightHue: 38 },
  caminandes_llamigos: { kind: 'peaks', skyHue: 212, landHue: 196, lightHue: 44 },
  agent_327: { kind: 'city', skyHue: 262, landHue: 262, lightHue: 352 },
  coffee_run: { kind: 'hills', skyHue: 8, landHue: 16, lightHue: 34 },
  sprite_fright: { kind: 'peaks', skyHue: 158, landHue: 160, lightHue: 88 },
  charge: { kind: 'orbit', skyHue: 216, landHue: 168, lightHue: 198 },
  wing_it: { kind: 'orbit', skyHue: 248, landHue: 318, lightHue: 348 },
  tideline: { kind: 'sea', skyHue: 222, landHue: 206, lightHue: 200 },
  night_signal: { kind: 'city', skyHue: 242, landHue: 234, lightHue: 20 },
};

function sceneOf(show: string): Scene {
  const known = scenes[show];
  if (known !== undefined) return known;
  const draw = drawsOf(`scene of ${show}`);
  const kinds = ['hills', 'peaks', 'sea', 'city', 'orbit'] as const;
  const kind = kinds[Math.floor(draw() * kinds.length)] ?? 'hills';
  const hue = () => Math.floor(360 * draw());
  return { kind, skyHue: hue(), landHue: hue(), lightHue: hue() };
}

/** `ep_night_signal_s1e2` is of the show `night_signal`, with the caption `S1 E2`. */
function nameOf(id: string): { show: string; caption: string } {
  const name = id.replace(/^[a-z]{2,3}_/, '');
  const [, show, season, episode] = /^(.+)_s(\d+)e(\d+)$/.exec(name) ?? [];
  return show === undefined
    ? { show: name, caption: '' }
    : { show, caption: `S${season} E${episode}` };
}

function titleOf(show: string): string {
  return show
    .split(/[_-]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

/** Longest line of a title that fits the picture at its size. */
const lineLengthMax = 13;
const lineHeight = 46;

function letters(title: string, caption: string): string {
  const lines = linesOf(title.toUpperCase());
  const bottom = artworkHeight - 34 - (caption === '' ? 0 : 34);
  const rows = lines.map((line, index) => {
    const y = bottom - (lines.length - 1 - index) * lineHeight;
    return `<text x="32" y="${y}" font-size="44" font-weight="800" letter-spacing="2.5">${line}</text>`;
  });
  const small = `<text x="34" y="${artworkHeight - 32}" font-size="24" font-weight="600" letter-spacing="5" opacity=".8">${caption}</text>`;
  return `<g fill="#fff" font-family="'Avenir Next','Montserrat','Helvetica Neue','Liberation Sans',Arial,sans-serif">${rows.join('')}${caption === '' ? '' : small}</g>`;
}

function linesOf(title: string): string[] {
  const lines: string[] = [];
  for (const word of title.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= lineLengthMax) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
