import { type LogFigures, quantileOf, shareBetween } from '../../model/viewers/figures.ts';
import { viewerParams } from '../../model/viewers/params.ts';

/** What was drawn beside what it was fitted to. */
export function logReport(figures: LogFigures): string {
  const { session, device, resume, film, series } = viewerParams;
  const { visitMinutes, gapHours } = figures;
  const rows: [what: string, simulated: number, fitted: number][] = [
    ['minutes watched a visit, p50', quantileOf(visitMinutes, 0.5), session.watch_min.p50],
    ['minutes watched a visit, p90', quantileOf(visitMinutes, 0.9), session.watch_min.p90],
    ['gaps under 6 h', shareBetween(gapHours, { below: 6 }), session.gap_h.lt6h],
    ['gaps of 6 to 24 h', shareBetween(gapHours, { least: 6, below: 24 }), session.gap_h['6_24h']],
    ['gaps over 7 days', shareBetween(gapHours, { least: 168 }), session.gap_h.gt7d],
    ['device class changes', figures.deviceChange, device.p_class_change_between_sessions],
    ['resumed on another class', figures.resumedElsewhere, resume.p_other_device_class_after_30min],
    ['visits that continue', figures.continued, session.p_continue_an_in_progress_show],
    ['one more episode', figures.oneMoreEpisode, series.p_one_more_episode],
    ['plays an episode', figures.playsAnEpisode, series.plays_per_episode],
    ['plays a film', figures.playsAFilm, film.plays_per_title],
    ['films that reach 90 %', figures.filmFinished, film.final_fraction.ge90],
    ['recency is right', figures.recencyHit, recencyHitFitted],
  ];
  const lines = rows.map(
    ([what, simulated, fitted]) =>
      `${what.padEnd(30)}${simulated.toFixed(3).padStart(10)}${fitted.toFixed(3).padStart(10)}`,
  );
  const head = `${''.padEnd(30)}${'simulated'.padStart(10)}${'fitted'.padStart(10)}`;
  return [head, ...lines, ''].join('\n');
}

/** Hit@1 of the newest show, real logs, accounts weighing the same. */
export const recencyHitFitted = 0.792;
