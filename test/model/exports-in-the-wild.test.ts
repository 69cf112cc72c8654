import { describe, expect, it } from '@jest/globals';
import { csv, fieldsOf, fileOf, header, playsIn, read, type Told } from './exports.ts';

const startMs = Date.UTC(2023, 3, 5, 20, 15);
const minuteMs = 60_000;
const watchedMs = 41 * minuteMs + 5000;

/** Ten evenings, the 5th to the 14th of April; the newest first, as the export has them. */
const evenings: Told[] = Array.from({ length: 10 }, (_, index) => ({
  start: `2023-04-${String(14 - index).padStart(2, '0')} 20:15:00`,
  title: `Harbour: Season 1: Night ${14 - index} (Episode ${10 - index})`,
}));
const rows = evenings.map(fieldsOf);

/** Whatever was done to the file, the plays are those of the ten evenings. */
function expectEvenings(plays: ReturnType<typeof playsIn>): void {
  expect(plays).toHaveLength(10);
  for (const [index, play] of plays.entries()) {
    expect(play).toMatchObject({
      ...{ showId: 'harbour', isFilm: false, deviceKind: 'TV', watchedMs },
      startedAtMs: startMs + index * 24 * 60 * minuteMs,
      endedAtMs: startMs + index * 24 * 60 * minuteMs + watchedMs,
      positionMs: 41 * minuteMs,
      title: expect.stringContaining(`Night ${index + 5} `),
    });
  }
}

function edited(change: (fields: string[]) => string[], delimiter = ','): string {
  return [header.split(','), ...rows].map((row) => csv(change(row), delimiter)).join('\n');
}

/** Every start told in another form. */
function told(form: (date: Date) => string): string {
  return edited(([profile, start, ...rest]) => [
    profile!,
    start!.startsWith('20') ? form(new Date(`${start!.replace(' ', 'T')}Z`)) : start!,
    ...rest,
  ]);
}

const two = (value: number) => String(value).padStart(2, '0');
const day = (date: Date) => date.getUTCDate();
const clock = '20:15:00';

const forms: [name: string, file: string | Uint8Array][] = [
  ['as it comes', fileOf(evenings)],
  ['with a byte-order mark', `\ufeff${fileOf(evenings)}`],
  ['in UTF-16', Buffer.from(`\ufeff${fileOf(evenings)}`, 'utf16le')],
  ['without its header', rows.map((row) => csv(row)).join('\n')],
  [
    'with dots for spaces in its header, and everything quoted',
    fileOf(evenings)
      .split('\r\n')
      .map((line) =>
        line
          .split(',')
          .map((field) => `"${field}"`)
          .join(','),
      )
      .join('\n')
      .replace(/^.*$/m, (line) => line.replaceAll(' ', '.')),
  ],
  [
    'with underscores and units in its header',
    fileOf(evenings).replace(
      'Profile Name,Start Time,Duration',
      'profile_name,Start Time (UTC),Duration (H:MM:SS)',
    ),
  ],
  [
    'in another column order',
    edited((row) => [row[4]!, row[7]!, row[6]!, row[2]!, row[1]!, row[0]!, row[5]!]),
  ],
  [
    'in another column order, without its header',
    edited((row) => [row[6]!, row[2]!, row[4]!, row[1]!, row[7]!, row[0]!]).replace(/^.*\n/, ''),
  ],
  ['with a column of row numbers before', edited((row) => ['7', ...row]).replace(/^7/, '')],
  ['without the columns that nobody needs', edited((row) => row.slice(0, 8))],
  ['with semicolons', edited((row) => row, ';')],
  ['with semicolons that a spreadsheet announces', `sep=;\n${edited((row) => row, ';')}`],
  ['with tabs', edited((row) => row, '\t')],
  ['with empty columns behind', edited((row) => [...row, '', '', ''])],
  ['with lines ended by carriage returns alone', edited((row) => row).replaceAll('\n', '\r')],
  ['with empty lines between', edited((row) => row).replaceAll('\n', '\n\n')],
  [
    'with every line quoted as a whole',
    edited((row) => row)
      .split('\n')
      .map((line) => csv([line]))
      .join('\n'),
  ],
  ['told in ISO form', told((date) => date.toISOString())],
  ['told with an offset', told((date) => date.toISOString().replace('Z', '+00:00'))],
  ['told to the minute only', told((date) => date.toISOString().slice(0, 16).replace('T', ' '))],
  ['told day first', told((date) => `${two(day(date))}/04/2023 ${clock}`)],
  ['told day first with dots', told((date) => `${day(date)}.4.2023 20:15`)],
  ['told day first with a comma', told((date) => `${two(day(date))}.04.2023, ${clock}`)],
  ['told month first', told((date) => `4/${day(date)}/2023 20:15`)],
  ['told month first, in half days', told((date) => `4/${day(date)}/23 8:15:00 PM`)],
  ['told with names of months', told((date) => `${day(date)}-Apr-2023 20:15`)],
  ['told with names of months first', told((date) => `Apr ${day(date)}, 2023 8:15 p.m.`)],
  ['told year first with slashes', told((date) => `2023/04/${two(day(date))} ${clock}`)],
  ['told as days of a spreadsheet', told((date) => String(date.getTime() / 86_400_000 + 25_569))],
  [
    'with days before the spans',
    edited((row) => row.map((field) => field.replace(/^00:41/, '0 days 00:41'))),
  ],
  [
    'with spans of minutes and tenths',
    edited((row) => row.map((field) => field.replace(/^00:(41:\d\d)$/, '$1.0'))),
  ],
  [
    'with spans of minutes and seconds',
    edited((row) => row.map((field) => field.replace(/^00:(41:\d\d)$/, '$1'))),
  ],
];

describe('an export', () => {
  it.each(forms)('is read %s', async (_, file) => {
    const { accounts, files } = await read([file]);
    expectEvenings(playsIn({ accounts, files }));
    expect(files).toMatchObject([
      { rows: 10, plays: 10, leftOut: {}, unreadable: {}, problem: null },
    ]);
  });

  it.each([1, 7, 4096])('is read in pieces of %i bytes', async (size) => {
    const french = evenings.map((row) => ({ ...row, title: 'Phare : Saison 2 : Été (Épisode 3)' }));
    const plays = playsIn(await read([fileOf(french)], size));
    expect(new Set(plays.map(({ showId }) => showId))).toEqual(new Set(['phare']));
  });

  it('is read in Windows-1252', async () => {
    const title = 'Phare: Saison 2: Été à la mer (Épisode 3)';
    const [play] = playsIn(await read([Buffer.from(fileOf([{ title }]), 'latin1')]));
    expect(play).toMatchObject({ title, showId: 'phare', isFilm: false });
  });

  it('takes ambiguous days in the order in which the rows are steadier', async () => {
    const days = [9, 8, 7, 6, 5, 4, 3, 2, 1];
    const file = (form: (day: number) => string) =>
      fileOf(days.map((each) => ({ start: form(each) })));
    const dayFirst = playsIn(await read([file((each) => `0${each}/04/2023 20:15`)]));
    const monthFirst = playsIn(await read([file((each) => `4/${each}/2023 20:15`)]));
    const expected = [...days].reverse().map((each) => Date.UTC(2023, 3, each, 20, 15));
    expect(dayFirst.map(({ startedAtMs }) => startedAtMs)).toEqual(expected);
    expect(monthFirst.map(({ startedAtMs }) => startedAtMs)).toEqual(expected);
  });
});

describe('broken quoting', () => {
  const row = (title: string) =>
    `Ann,2023-04-05 20:15:00,00:41:05,,${title},,iPhone 12,00:41:00,,IE (Ireland)`;
  const titles: [name: string, told: string, title: string][] = [
    [
      'a comma that nobody quoted',
      'One, two: Season 1: Three, four',
      'One, two: Season 1: Three, four',
    ],
    [
      'quotes inside that are not doubled',
      '"The "Fog", told: Season 1: x"',
      'The "Fog, told: Season 1: x',
    ],
    ['quotes in an unquoted field', 'The "Fog": Season 1: x', 'The "Fog": Season 1: x'],
    ['a quote that is never closed', '"Fog: Season 1: x', 'Fog: Season 1: x'],
    ['a quote that is never opened', 'Fog: Season 1: x"', 'Fog: Season 1: x'],
    ['a line that ends inside a field', '"Fog: Season 1:\nx"', 'Fog: Season 1: x'],
  ];

  it.each(titles)('%s is forgiven', async (_, told, title) => {
    const before = row('Before');
    const after = row('"After, all"').replaceAll('04-05', '04-07');
    const file = [header, before, row(told).replaceAll('04-05', '04-06'), after].join('\n');
    const plays = playsIn(await read([file]));
    expect(plays.map((play) => play.title.replace(/^"|"$/g, ''))).toEqual([
      'Before',
      title,
      'After, all',
    ]);
    expect(plays.map(({ deviceKind }) => deviceKind)).toEqual(['PHONE', 'PHONE', 'PHONE']);
  });

  it('never lets one open quote swallow the file', async () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      row(`"Night, ${index}"`)
        .replace('20:15', `20:${two(index % 60)}`)
        .replace('04-05', `04-${two(1 + Math.floor(index / 60))}`),
    );
    const file = [header, ...many.slice(0, 50), row('"Open'), ...many.slice(50)].join('\n');
    const { files } = await read([file]);
    expect(files[0]).toMatchObject({ rows: 201, plays: 201, unreadable: {} });
  });
});

describe('rows that do not count', () => {
  it('are counted by what they are, and every row by something', async () => {
    const file = fileOf([
      ...[{}, {}, { supplemental: 'TRAILER', title: 'Harbour: Season 2 (Trailer)' }],
      ...[{ supplemental: 'HOOK' }, { duration: '00:01:59' }, { duration: 'long' }],
      ...[{ title: 'Fog '.repeat(200) }],
      ...[{ start: 'yesterday' }, { title: '' }, { attributes: 'Autoplayed; View was hidden' }],
    ]);
    const { files } = await read([`${file}only,two\n`]);
    expect(files).toEqual([
      {
        ...{ rows: 11, plays: 1, account: 1, problem: null },
        leftOut: {
          ...{ copies: 1, 'trailers, previews and the like': 2 },
          ...{ 'under 2 minutes': 1, hidden: 1 },
        },
        unreadable: { 'start time': 1, duration: 1, title: 2, 'quoting or columns': 1 },
      },
    ]);
  });

  it.each([
    ['', 'it is empty'],
    ['Title,Date\n"Harbour: Season 1: Fog","4/5/23"\n', 'NetflixViewingHistory.csv'],
    ['{"no": "csv"}\n[1,2,3]\n', 'no columns for start time, duration and title'],
    [Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 1, 0, 2, 0, 3]), 'no columns'],
  ])('make a file that is none, and it says so', async (file, problem) => {
    const { accounts, files } = await read([file]);
    expect(accounts).toEqual([]);
    expect(files[0]?.problem).toContain(problem);
  });
});

describe('several exports', () => {
  it('are several accounts', async () => {
    const other = evenings.map((row) => ({ ...row, start: row.start!.replace('20:15', '21:40') }));
    const { accounts } = await read([fileOf(evenings), fileOf(other)]);
    expect(accounts.map(({ profiles }) => profiles[0]?.plays.length)).toEqual([10, 10]);
  });

  it('are one account when one is a later copy of the other', async () => {
    const newer = { start: '2023-04-20 21:00:00', title: 'Harbour: Season 2: Dawn (Episode 1)' };
    const renamed = [newer, ...evenings].map((row) => ({ ...row, profile: 'A.' }));
    const { accounts, files } = await read([fileOf(evenings), fileOf(renamed)]);
    expect(accounts).toHaveLength(1);
    expect(files.map(({ account, plays }) => [account, plays])).toEqual([
      [1, 10],
      [1, 1],
    ]);
    expect(files[1]?.leftOut.copies).toBe(10);
  });

  it('keep the profiles of a household apart', async () => {
    const file = fileOf([
      ...evenings,
      ...evenings.map((row) => ({
        ...row,
        profile: 'Bo',
        start: row.start!.replace('20:15', '07:30'),
      })),
    ]);
    const { accounts } = await read([file]);
    expect(accounts[0]?.profiles.map(({ profile, plays }) => [profile, plays.length])).toEqual([
      ['Ann', 10],
      ['Bo', 10],
    ]);
  });
});

describe('a file of any size', () => {
  it('is held in memory by its plays only', async () => {
    // 40 MB of trailers in one stream: nothing of them is kept.
    const line = `${csv(fieldsOf({ supplemental: 'TRAILER', title: 'x'.repeat(400) }))}\n`;
    const block = Buffer.from(line.repeat(2000));
    async function* endless() {
      yield Buffer.from(`${header}\n`);
      for (let sent = 0; sent < 40e6; sent += block.length) yield block;
    }
    const { playsOfExports } = await import('../../model/netflix-export.ts');
    const { files, accounts } = await playsOfExports([endless]);
    expect(files[0]?.rows).toBeGreaterThan(70_000);
    expect(files[0]?.leftOut).toEqual({ 'trailers, previews and the like': files[0]?.rows });
    expect(accounts).toEqual([]);
  });
});
