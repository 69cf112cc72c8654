/**
 * How titles of episodes are written, in the languages of the export: "Show: Season 2: Name (Episode 5)".
 * Words that mean nothing but a season, and words that films use as well.
 */
const seasonWords = [
  ...['season', 'temporada', 'tempada', 'denboraldia', 'saison', 'staffel', 'stagione', 'seizoen'],
  ...[
    'säsong',
    'sæson',
    'sesong',
    'kausi',
    'tuotantokausi',
    'sezon',
    'sezonul',
    'sezona',
    'sezóna',
  ],
  ...['sezonas', 'hooaeg', 'série', 'séria', 'řada', 'évad', 'þáttaröð', 'musim', 'mùa', 'phần'],
  ...[
    'сезон',
    'сезона',
    'κύκλος',
    'σεζόν',
    'עונה',
    'الموسم',
    'موسم',
    'فصل',
    'सीज़न',
    'सीज़न',
    'सीजन',
  ],
  ...['சீசன்', 'సీజన్', 'ซีซั่น', 'ซีซัน', 'ซีซั่นที่', 'シーズン', '시즌'],
];

const limitedSeries = [
  ...['limited series', 'miniseries', 'mini-series', 'mini series', 'miniserie', 'mini-serie'],
  ...['mini-série', 'minissérie', 'minisérie', 'minisèrie', 'miniserial', 'mini dizi', 'minisarja'],
  ...['minisorozat', 'serie limitada', 'série limitada', 'série limitée', 'serie limitata'],
  ...['limitierte serie', 'beperkte serie', 'begränsad serie', 'мини-сериал', 'мінісеріал'],
  ...[
    'мини-серија',
    'μίνι σειρά',
    'ミニシリーズ',
    'リミテッドシリーズ',
    '리미티드 시리즈',
    '限定影集',
  ],
  ...['迷你剧', '迷你劇', 'the complete series', 'serial mini', 'minisería'],
];

const partWords = [
  ...[
    'part',
    'parte',
    'partie',
    'teil',
    'deel',
    'del',
    'osa',
    'część',
    'kısım',
    'часть',
    'частина',
  ],
  ...[
    'volume',
    'vol.',
    'vol',
    'volumen',
    'volumul',
    'tom',
    'book',
    'libro',
    'livre',
    'buch',
    'livro',
  ],
  ...['boek', 'collection', 'colección', 'collezione', 'coleção', 'sammlung', 'samling', 'kolekce'],
  ...[
    'kolekcja',
    'коллекция',
    'series',
    'serie',
    'seria',
    'cycle',
    'chapter',
    'universe',
    'universo',
  ],
  ...[
    'bagian',
    'μέρος',
    'rész',
    'časť',
    'část',
    'dio',
    'partea',
    'chapitre',
    'capítulo',
    'kapitel',
  ],
  ...['パート', 'シリーズ', '파트', 'ภาค', 'חלק', 'الجزء', 'भाग'],
];

const episodeWords = [
  ...['episode', 'épisode', 'episodio', 'episódio', 'episodi', 'folge', 'aflevering', 'avsnitt'],
  ...[
    'afsnit',
    'jakso',
    'odcinek',
    'bölüm',
    'episodul',
    'epizoda',
    'epizód',
    'epizoda',
    'díl',
    'diel',
  ],
  ...[
    'серия',
    'эпизод',
    'серія',
    'епізод',
    'епизода',
    'επεισόδιο',
    'פרק',
    'الحلقة',
    'حلقة',
    'قسمت',
  ],
  ...['एपिसोड', 'எபிசோட்', 'ఎపిసోడ్', 'ตอนที่', 'ตอน', 'tập', 'エピソード', '에피소드', 'kabanata'],
];

/** Words that number an episode only in parentheses at the end, where nothing else stands. */
const episodeWordsAtEnd = [
  ...episodeWords,
  ...['chapter', 'capítulo', 'capitolo', 'chapitre', 'kapitel', 'hoofdstuk', 'rozdział', 'глава'],
  ...[
    'rész',
    'časť',
    'část',
    'osa',
    'part',
    'del',
    'deel',
    'ep.',
    'ep',
    'e',
    'afl.',
    'avsn.',
    'episod',
  ],
];

const number = String.raw`(?:[\d٠-٩۰-۹०-९]+|[ivx]+|[a-z]|one|two|three|four|five|six|seven|eight|nine|ten|un|une|uno|una|dos|due|deux|zwei|drei|tres|tre|trois|um|dois)`;
const ordinal = String.raw`(?:[\d٠-٩]+(?:\.|-?(?:st|nd|rd|th|[aªºoeèr]+|ος|й|я|ви))?)`;

function either(words: readonly string[]): string {
  const longest = [...words].sort((one, other) => other.length - one.length);
  return `(?:${longest.map((word) => word.replaceAll('.', '\\.')).join('|')})`;
}

/** The word and a number, in either order; and for scripts without spaces, around it. */
function numbered(words: readonly string[]): string {
  const word = either(words);
  return String.raw`(?:${word}[\s.:#№-]*${number}(?![\p{L}\p{N}])|${ordinal}\s*${word}(?!\p{L}))`;
}

const chineseSeason = String.raw`第?\s*[\d一二三四五六七八九十]+\s*(?:季|部|シーズン|シリーズ|기)`;
const chineseEpisode = String.raw`第?\s*[\d一二三四五六七八九十]+\s*(?:集|話|话|회|화)`;

const limited = new RegExp(`^${either(limitedSeries)}$`, 'iu');
const season = new RegExp(`^(?:${numbered(seasonWords)}|${chineseSeason})`, 'iu');
const seasonAnywhere = new RegExp(`(?<!\\p{L})${either(seasonWords)}(?!\\p{L})`, 'iu');
const part = new RegExp(`^${numbered(partWords)}`, 'iu');
const episode = new RegExp(`^(?:${numbered(episodeWords)}|${chineseEpisode})`, 'iu');
const episodeAtEnd = new RegExp(
  `[(（](?:${numbered(episodeWordsAtEnd)}|${chineseEpisode})[^()（）]{0,12}[)）]$`,
  'iu',
);
/** "Show - Season 3" and "Show, Season 3", where the colon was lost. */
const seasonAfterDash = new RegExp(
  String.raw`^(.+?)\s*[-–—,_]\s+(?:${numbered(seasonWords)}|${chineseSeason})`,
  'iu',
);

export interface TitleParts {
  /** What stands before, between and after the colons. */
  segments: readonly string[];
  /** The series, when the title's own words give it away. */
  series: string | null;
}

/** What one title tells of itself: an episode says so by its season's or its own number. */
export function partsOf(title: string): TitleParts {
  const segments = title
    .replace(/[\u00a0\u202f\s]+/g, ' ')
    .split(/\s*[:：]\s+|\s+:\s*|：/)
    .map((segment) => segment.trim())
    .filter((segment) => segment !== '');
  return { segments, series: seriesOf(segments) };
}

function seriesOf(segments: readonly string[]): string | null {
  const last = segments.length - 1;
  const [first = ''] = segments;
  const at = segments.findIndex(
    (segment, index) =>
      isSeason(segment, { index, last }) || (index > 0 && isNumbered(segment, first)),
  );
  if (at > 0) return joined(segments.slice(0, at));
  const dashed = seasonAfterDash.exec(first);
  if (dashed?.[1] !== undefined) return dashed[1];
  if (last > 0 && episode.test(segments[last] as string)) return joined(segments.slice(0, last));
  if (last > 0 && episodeAtEnd.test(segments[last] as string)) return first;
  return null;
}

/** A season that is called by the series and a number: "Harbour: Harbour 4: Fog". */
function isNumbered(segment: string, first: string): boolean {
  return segment.startsWith(`${first} `) && /^\d{1,2}$/.test(segment.slice(first.length + 1));
}

function isSeason(segment: string, { index, last }: { index: number; last: number }): boolean {
  if (index === 0) return false;
  if (season.test(segment) || limited.test(segment)) return true;
  // Films have parts too, but nothing after them; an episode has its own name there.
  if (index === last) return false;
  return part.test(segment) || (segment.length <= 40 && seasonAnywhere.test(segment));
}

function joined(segments: readonly string[]): string {
  return segments.join(': ');
}
