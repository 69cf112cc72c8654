/**
 * A moment that a text may mean: day and month may stand in either order, and which it is only the whole
 * file can tell. NaN: not in this order. Both are equal where there is no doubt.
 */
export interface StartReadings {
  dayFirstMs: number;
  monthFirstMs: number;
}

/** A span that `a:b` may mean: hours and minutes, or minutes and seconds. */
export interface SpanReadings {
  asHoursMs: number;
  asMinutesMs: number;
}

const clock = String.raw`(?:[T,\s]\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?\s?m\.?)?)`;
const yearFirst = new RegExp(
  String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})${clock}?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$`,
  'i',
);
const yearLast = new RegExp(
  String.raw`^(\d{1,2})[-/. ]+(\d{1,2})[-/. ]+(\d{4}|\d{2})${clock}?\s*(?:Z|UTC)?$`,
  'i',
);
const named = new RegExp(
  String.raw`^(?:(\d{1,2})[-\s.]+([a-z]{3})[a-z]*|([a-z]{3})[a-z]*\.?\s+(\d{1,2}))[-,\s.]+(\d{4}|\d{2})${clock}?\s*(?:Z|UTC)?$`,
  'i',
);
const months = [
  ...['jan', 'feb', 'mar', 'apr', 'may', 'jun'],
  ...['jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
];
/** Days between the day from which spreadsheets count and Unix's. */
const serialDayOfUnix = 25_569;
const dayMs = 86_400_000;

/** Null when the text is no moment. Without a zone it is UTC, as the export says. */
export function startOf(text: string): StartReadings | null {
  const trimmed = text.trim().replace(/[\u00a0\u202f]/g, ' ');
  const byYear = yearFirst.exec(trimmed);
  if (byYear !== null) {
    const [, year, month, day, ...time] = byYear;
    const ms = momentMs({ year, month, day, time: time.slice(0, 4) });
    return certain(ms - offsetMs(time[4]));
  }
  const byName = named.exec(trimmed);
  if (byName !== null) {
    const [, day, month, month2, day2, year, ...time] = byName;
    const number = months.indexOf((month ?? month2 ?? '').toLowerCase()) + 1;
    return certain(momentMs({ year, month: String(number), day: day ?? day2, time }));
  }
  return yearLastOf(trimmed) ?? serialOf(trimmed);
}

/** Of a zone as it is written behind a time: +05:30 is ahead of UTC. */
function offsetMs(zone = ''): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const ms = spanMs(Number(hours ?? 0), Number(minutes ?? 0), 0);
  return sign === '-' ? -ms : ms;
}

function yearLastOf(text: string): StartReadings | null {
  const match = yearLast.exec(text);
  if (match === null) return null;
  const [, first, second, year, ...time] = match;
  const dayFirstMs = momentMs({ year, month: second, day: first, time });
  const monthFirstMs = momentMs({ year, month: first, day: second, time });
  return Number.isNaN(dayFirstMs) && Number.isNaN(monthFirstMs)
    ? null
    : { dayFirstMs, monthFirstMs };
}

/** Days since 1899-12-30, as a spreadsheet that forgot the format writes them. */
function serialOf(text: string): StartReadings | null {
  if (!/^\d{5}[.,]\d+$/.test(text)) return null;
  const days = Number(text.replace(',', '.')) - serialDayOfUnix;
  return certain(Math.round((days * dayMs) / 1000) * 1000);
}

function certain(ms: number): StartReadings | null {
  return Number.isNaN(ms) ? null : { dayFirstMs: ms, monthFirstMs: ms };
}

interface Moment {
  year: string | undefined;
  month: string | undefined;
  day: string | undefined;
  /** Hour, minute, second and half of the day. */
  time: readonly (string | undefined)[];
}

function momentMs({ year = '', month, day, time }: Moment): number {
  const [hour = '0', minute = '0', second = '0', half] = time;
  const fullYear = Number(year) + (year.length === 2 ? 2000 : 0);
  const hours = half === undefined ? Number(hour) : halfDayHour(Number(hour), half);
  const ms = Date.UTC(
    fullYear,
    Number(month) - 1,
    Number(day),
    hours,
    Number(minute),
    Number(second),
  );
  const isReal =
    new Date(ms).getUTCMonth() === Number(month) - 1 && hours < 24 && Number(minute) < 60;
  return isReal && fullYear >= 1997 && fullYear < 2100 ? ms : Number.NaN;
}

function halfDayHour(hour: number, half: string): number {
  if (hour > 12) return hour;
  return (hour % 12) + (half.toLowerCase().startsWith('p') ? 12 : 0);
}

/** Null when the text is no span. */
export function spanOf(text: string): SpanReadings | null {
  const full = /^(?:(\d+) days? )?(\d{1,3}):(\d{2}):(\d{2})(?:[.,]\d+)?$/.exec(text.trim());
  if (full !== null) {
    const [, days = '0', hours, minutes, seconds] = full;
    const ms = Number(days) * dayMs + spanMs(Number(hours), Number(minutes), Number(seconds));
    return { asHoursMs: ms, asMinutesMs: ms };
  }
  const short = /^(\d{1,3}):(\d{2})([.,]\d)?$/.exec(text.trim());
  if (short !== null) {
    const [first, second] = [Number(short[1]), Number(short[2])];
    const asMinutesMs = spanMs(0, first, second);
    // Tenths are what a spreadsheet shows of minutes and seconds, and of nothing else.
    const asHoursMs = short[3] === undefined ? spanMs(first, second, 0) : asMinutesMs;
    return { asHoursMs, asMinutesMs };
  }
  const seconds = /^\d{1,6}(?:\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : Number.NaN;
  return Number.isNaN(seconds) ? null : { asHoursMs: seconds, asMinutesMs: seconds };
}

function spanMs(hours: number, minutes: number, seconds: number): number {
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
