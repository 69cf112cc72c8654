import type { Draw } from './draw.ts';
import { viewerParams } from './params.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A week is busier or quieter than others by this much (log). */
const weekSigma = 0.5;
/** On so many days people keep to their habit, on the others it is up to chance how often they watch. */
const habitShare = 0.3;
/** From time to time nobody watches at all for a while. */
const breakShareOfWeeks = 0.08;
const breakDays = { least: 5, most: 30 };
/** Starts that fall into a visit that is still under way are no visit of their own. */
const rateLift = 1.45;
/** Nobody begins more than that in a week. */
const visitsAWeekMax = 60;

const { start_hour_local_pct: hourWeights, weekday_pct_mon_sun: weekdays } = viewerParams.session;
const weekdayMean = weekdays.reduce((sum, share) => sum + share, 0) / 7;

/** Visits of a profile in a week. */
export function visitsAWeek(draw: Draw): number {
  return Math.min(visitsAWeekMax, draw.logNormal(viewerParams.profile.sessions_per_week));
}

/**
 * When a profile sits down to watch, Unix ms, in order; hours of the day are UTC.
 *
 * Shape: some fall into the visit before: whoever takes them leaves those out.
 */
export function* visitStarts(
  of: { fromMs: number; days: number; visitsAWeek: number },
  draw: Draw,
): Generator<number> {
  let awayUntilDay = 0;
  let weekFactor = 1;
  for (let day = 0; day < of.days; day += 1) {
    if (day % 7 === 0) {
      weekFactor = Math.exp(weekSigma * draw.normal() - weekSigma ** 2 / 2);
      if (draw.of(breakShareOfWeeks)) {
        awayUntilDay = day + draw.between(breakDays.least, breakDays.most);
      }
    }
    const dayStartMs = of.fromMs + day * dayMs;
    const weekday = weekdays[(new Date(dayStartMs).getUTCDay() + 6) % 7] ?? weekdayMean;
    const mean = (of.visitsAWeek / 7) * weekFactor * (weekday / weekdayMean) * rateLift;
    const usual = draw.of(habitShare) ? Math.floor(mean + draw.unit()) : draw.poisson(mean);
    const count = day < awayUntilDay ? 0 : usual;
    const starts = Array.from({ length: count }, () => {
      const hour = draw.weighted(hourWeights) + draw.unit();
      return dayStartMs + Math.floor(hour * hourMs);
    });
    yield* starts.sort((left, right) => left - right);
  }
}
