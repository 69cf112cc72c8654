/** Colours and shapes of one picture. Hues in degrees. */
export interface Scene {
  kind: 'hills' | 'peaks' | 'sea' | 'city' | 'orbit';
  skyHue: number;
  landHue: number;
  /** Of the sun, the moon or the lights. */
  lightHue: number;
}

/** Size of every picture, in its own units: 16:9, as the cards show it. */
export const artworkWidth = 640;
export const artworkHeight = 360;

/** Numbers from 0 to 1 that depend on a text alone, one after the other. */
export type Draw = () => number;

/**
 * A stream of numbers for a text: the same picture in every process, on every machine.
 * Source: mulberry32 (T. Ettinger), seeded by FNV-1a.
 */
export function drawsOf(text: string): Draw {
  let state = 0x811c9dc5;
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The picture without its title, as SVG elements. */
export function drawScene(scene: Scene, draw: Draw): string {
  return [sky(scene), ...painters[scene.kind](scene, draw)].join('');
}

const painters: Record<Scene['kind'], (scene: Scene, draw: Draw) => string[]> = {
  hills: (scene, draw) => [sun(scene, draw, 70), ...layers(scene, draw, 'hills')],
  peaks: (scene, draw) => [stars(draw, 40), sun(scene, draw, 34), ...layers(scene, draw, 'peaks')],
  sea: (scene, draw) => [stars(draw, 14), sun(scene, draw, 78), ...sea(scene, draw)],
  city: (scene, draw) => [stars(draw, 60), beacon(scene, draw), ...city(scene, draw)],
  orbit: (scene, draw) => [
    stars(draw, 110),
    planet(scene, draw),
    ...layers(scene, draw, 'hills').slice(2),
  ],
};

function sky({ skyHue }: Scene): string {
  const stop = (offset: number, colour: string) =>
    `<stop offset="${offset}" stop-color="${colour}"/>`;
  return `<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
${stop(0, hsl(skyHue + 24, 60, 9))}${stop(0.55, hsl(skyHue, 58, 26))}${stop(1, hsl(skyHue - 34, 72, 52))}
</linearGradient><rect width="${artworkWidth}" height="${artworkHeight}" fill="url(#sky)"/>`;
}

function sun({ lightHue }: Scene, draw: Draw, radius: number): string {
  const x = round(artworkWidth * (0.56 + 0.3 * draw()));
  const y = round(artworkHeight * (0.3 + 0.16 * draw()));
  const warm = hsl(lightHue, 90, 72);
  return `<radialGradient id="glow"><stop offset="0" stop-color="${warm}" stop-opacity=".75"/>
<stop offset="1" stop-color="${warm}" stop-opacity="0"/></radialGradient>
<circle cx="${x}" cy="${y}" r="${radius * 3}" fill="url(#glow)"/>
<circle cx="${x}" cy="${y}" r="${radius}" fill="${hsl(lightHue, 95, 86)}"/>`;
}

function stars(draw: Draw, count: number): string {
  return Array.from({ length: count }, () => {
    const x = round(artworkWidth * draw());
    const y = round(artworkHeight * 0.62 * draw());
    return `<circle cx="${x}" cy="${y}" r="${round(0.5 + 1.1 * draw())}" fill="#fff" opacity="${round(0.25 + 0.6 * draw())}"/>`;
  }).join('');
}

/** Four silhouettes, each nearer and darker than the one behind it. */
function layers({ landHue }: Scene, draw: Draw, kind: 'hills' | 'peaks'): string[] {
  return [0, 1, 2, 3].map((depth) => {
    const baseline = artworkHeight * (0.52 + 0.13 * depth);
    const path = ridge({ baseline, height: 62 - 9 * depth, isSharp: kind === 'peaks' }, draw);
    return `<path d="${path}" fill="${hsl(landHue + 10 * depth, 46 - 4 * depth, 34 - 8.4 * depth)}"/>`;
  });
}

function ridge(shape: { baseline: number; height: number; isSharp: boolean }, draw: Draw): string {
  const stepX = shape.isSharp ? 46 : 10;
  const [phase, second] = [draw() * 7, draw() * 7];
  const points: string[] = [];
  for (let x = 0; x <= artworkWidth + stepX; x += stepX) {
    const wave = Math.sin(x / 96 + phase) + 0.5 * Math.sin(x / 41 + second);
    const jag = shape.isSharp ? 1.5 * (draw() - 0.5) : 0;
    points.push(`${x} ${round(shape.baseline - shape.height * (0.5 * wave + jag))}`);
  }
  return `M0 ${artworkHeight} L${points.join(' L')} L${artworkWidth} ${artworkHeight} Z`;
}

function sea({ landHue, lightHue }: Scene, draw: Draw): string[] {
  const horizon = artworkHeight * 0.58;
  const water = `<rect y="${horizon}" width="${artworkWidth}" height="${artworkHeight}" fill="${hsl(landHue, 62, 15)}"/>`;
  const glints = Array.from({ length: 34 }, (_, line) => {
    const y = round(horizon + 5 + line * 4.4);
    const width = round(40 + 260 * draw());
    const x = round(artworkWidth * 0.68 - width / 2 + 120 * (draw() - 0.5));
    return `<rect x="${x}" y="${y}" width="${width}" height="2" rx="1" fill="${hsl(lightHue, 88, 72)}" opacity="${round(0.42 - line * 0.011)}"/>`;
  });
  const wave = ridge({ baseline: artworkHeight * 0.88, height: 20, isSharp: false }, draw);
  return [water, ...glints, `<path d="${wave}" fill="${hsl(landHue + 8, 60, 8)}"/>`];
}

function city({ landHue }: Scene, draw: Draw): string[] {
  const row = (depth: number) => {
    const buildings: string[] = [];
    for (let x = -10; x < artworkWidth; ) {
      const width = 26 + Math.floor(44 * draw());
      const height = round(artworkHeight * (0.22 + 0.3 * draw()) * (1 - 0.22 * depth));
      const y = artworkHeight - height;
      buildings.push(
        `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${hsl(landHue, 44, 17 - 7 * depth)}"/>`,
      );
      if (depth === 1) buildings.push(...windows({ x, y, width }, draw));
      x += width + Math.floor(8 * draw());
    }
    return buildings;
  };
  return [...row(0), ...row(1)];
}

function windows(wall: { x: number; y: number; width: number }, draw: Draw): string[] {
  const lit: string[] = [];
  for (let y = wall.y + 9; y < artworkHeight; y += 13) {
    for (let x = wall.x + 7; x < wall.x + wall.width - 8; x += 11) {
      if (draw() < 0.28)
        lit.push(
          `<rect x="${x}" y="${round(y)}" width="5" height="6" fill="${hsl(42, 92, 66)}" opacity="${round(0.45 + 0.5 * draw())}"/>`,
        );
    }
  }
  return lit;
}

/** A mast that sends: arcs around a light. */
function beacon({ lightHue }: Scene, draw: Draw): string {
  const x = round(artworkWidth * (0.66 + 0.16 * draw()));
  const light = hsl(lightHue, 88, 64);
  const arcs = [26, 52, 82, 116].map(
    (radius, index) =>
      `<circle cx="${x}" cy="84" r="${radius}" fill="none" stroke="${light}" stroke-width="3" opacity="${round(0.7 - index * 0.16)}"/>`,
  );
  return `<path d="M${x} 84 L${x - 13} 360 M${x} 84 L${x + 13} 360" stroke="#0a0d16" stroke-width="5"/>${arcs.join('')}
<circle cx="${x}" cy="84" r="8" fill="${light}"/>`;
}

function planet({ skyHue, lightHue }: Scene, draw: Draw): string {
  const x = round(artworkWidth * (0.64 + 0.14 * draw()));
  const tilt = round(-18 - 16 * draw());
  const body = hsl(lightHue, 62, 58);
  return `<radialGradient id="body" cx=".32" cy=".3" r=".9"><stop offset="0" stop-color="${hsl(lightHue, 80, 78)}"/>
<stop offset=".5" stop-color="${body}"/><stop offset="1" stop-color="${hsl(skyHue, 60, 12)}"/></radialGradient>
<g transform="rotate(${tilt} ${x} 132)"><ellipse cx="${x}" cy="132" rx="158" ry="30" fill="none" stroke="${hsl(lightHue + 20, 70, 74)}" stroke-width="7" opacity=".5"/>
<circle cx="${x}" cy="132" r="86" fill="url(#body)"/>
<path d="M${x - 158} 132 A158 30 0 0 0 ${x + 158} 132" fill="none" stroke="${hsl(lightHue + 20, 76, 80)}" stroke-width="7"/></g>`;
}

function hsl(hue: number, saturation: number, lightness: number): string {
  return `hsl(${round((hue + 360) % 360)} ${saturation}% ${round(lightness)}%)`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
