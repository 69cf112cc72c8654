import { beforeAll, describe, expect, it } from '@jest/globals';
import { simulatedAccounts } from '../../model/viewers/accounts.ts';
import {
  FiguresOfLog,
  type LogFigures,
  quantileOf,
  shareBetween,
} from '../../model/viewers/figures.ts';
import { viewerParams } from '../../model/viewers/params.ts';

/** One run, so that what follows looks at the same viewers; the figures move by less than half a tolerance. */
const seed = 1;
const { session, device, resume, film, series } = viewerParams;

describe('simulated viewers, beside what they are fitted to', () => {
  let figures: LogFigures;
  beforeAll(() => {
    const counted = new FiguresOfLog();
    for (const lines of simulatedAccounts({ accounts: 65, days: 365, seed })) {
      counted.addAccount(lines);
    }
    figures = counted.figures;
  });

  const near = (value: number, fitted: number, tolerance: number) => {
    expect(value).toBeGreaterThan(fitted - tolerance);
    expect(value).toBeLessThan(fitted + tolerance);
  };

  it('watch for as long in a visit', () => {
    near(quantileOf(figures.visitMinutes, 0.5), session.watch_min.p50, 5);
    near(quantileOf(figures.visitMinutes, 0.9), session.watch_min.p90, 14);
    const sum = figures.visitMinutes.reduce((total, minutes) => total + minutes, 0);
    near(sum / figures.visits, session.watch_min.mean, 6);
  });

  it('come back after as long', () => {
    const { gapHours } = figures;
    near(shareBetween(gapHours, { below: 6 }), session.gap_h.lt6h, 0.05);
    near(shareBetween(gapHours, { least: 6, below: 24 }), session.gap_h['6_24h'], 0.05);
    near(shareBetween(gapHours, { least: 24, below: 168 }), session.gap_h['1_7d'], 0.07);
    near(shareBetween(gapHours, { least: 168 }), session.gap_h.gt7d, 0.02);
    near(quantileOf(gapHours, 0.5), session.gap_h.p50, 2.5);
  });

  it('begin at the same hours and on the same days of the week', () => {
    for (const [hour, percent] of session.start_hour_local_pct.entries()) {
      near(figures.startHours[hour]!, percent / 100, 0.012);
    }
    for (const [day, percent] of session.weekday_pct_mon_sun.entries()) {
      near(figures.weekdays[day]!, percent / 100, 0.012);
    }
  });

  it('change their device as often', () => {
    near(figures.deviceChange, device.p_class_change_between_sessions, 0.03);
    near(figures.multiDevice, device.p_multi_device_session, 0.015);
    near(figures.resumedElsewhere, resume.p_other_device_class_after_30min, 0.06);
    near(figures.resumedElsewhereSoon, resume.p_other_device_class_within_30min, 0.04);
  });

  it('continue as often, and with the same show', () => {
    near(figures.continued, session.p_continue_an_in_progress_show, 0.04);
    near(figures.sameAsLastVisit, session.p_same_show_as_last_session_opened, 0.06);
    near(figures.nextPlaySameShow, session.p_next_play_same_show_in_session, 0.06);
    near(figures.showsAVisit, session.shows_mean, 0.06);
  });

  it('play as many episodes in a row, and drop series as soon', () => {
    near(figures.oneMoreEpisode, series.p_one_more_episode, 0.04);
    near(figures.threeEpisodes, series.p_3_or_more, 0.06);
    near(figures.episodesAVisit, series.episodes_per_session_mean, 0.2);
    near(figures.onlyOneEpisode, series.p_only_one_episode, 0.03);
  });

  it('finish as many films and episodes, in as many plays', () => {
    near(figures.filmFinished, film.final_fraction.ge90, 0.04);
    near(figures.episodeFinished, 0.945, 0.02);
    near(figures.playsAFilm, film.plays_per_title, 0.3);
    near(figures.playsAnEpisode, series.plays_per_episode, 0.35);
  });

  it('take up the newest show as often, and less often on another device', () => {
    near(figures.recencyHit, 0.792, 0.03);
    near(figures.recencyHitOnSwitch, 0.665, 0.05);
    near(figures.switchesOfQueries, 0.164, 0.03);
  });
});
