/** Kinds of device as the export's names tell them, the surest first. */
const kinds: readonly (readonly [kind: string, names: RegExp])[] = [
  ['WEB', /cadmium|silverlight/i],
  ['CONSOLE', /play ?station|\bps ?[2-5]\b|\bps ?vita|xbox|\bwii|nintendo/i],
  ['TV', /smart ?tv\b|fire ?tv edition|roku tv|\btvs\b/i],
  [
    'STREAMER',
    /fire ?tv|chromecast|apple ?tv|roku|stick\b|set[- ]?top|\bstb\b|\bshield\b|mi ?box|tv ?box|\bbox\b|blu-?ray|google ?tv|dongle|media player|\bdvr\b|\btivo\b|xfinity|\bnow ?tv|nexus player/i,
  ],
  ['TABLET', /ipad|tablet|galaxy tab|\btab\b|kindle|fire hd|fire os/i],
  ['PHONE', /iphone|ipod|phone|\bandroid(?!.*\btv)\b|\bmobile\b|galaxy|pixel/i],
  [
    'WEB',
    /cadmium|chrome|firefox|safari|edge\b|opera|internet explorer|\bpc\b|\bmac\b|macbook|windows|browser|silverlight|laptop|computer|desktop|html ?5|linux|\bweb\b/i,
  ],
  [
    'TV',
    /\btv\b|television|\bu?hd ?tv|bravia|tizen|web ?os|oled|qled|\bdtv\b|vizio|viera|aquos|samsung|\blg\b|sony|philips|panasonic|hisense|sharp|toshiba|\btcl\b/i,
  ],
];

/** TV, PHONE, TABLET, WEB, STREAMER, CONSOLE or OTHER. */
export function deviceKindOf(device: string): string {
  return kinds.find(([, names]) => names.test(device))?.[0] ?? 'OTHER';
}
