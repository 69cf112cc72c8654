import type { SettableClock } from './device-clock.ts';
import { Trial } from './trial.ts';

const threeHoursMs = 3 * 3_600_000;

/** Sets the clock of the TV three hours back, also while it plays. */
export function clockTrial(clock: SettableClock): Trial {
  const words = {
    testId: 'trial-clock',
    title: 'TV clock −3 h',
    hint: 'Devices are wrong about the time. Positions are not.',
    control: 'TV clock three hours slow',
    isSwitch: true,
  };
  const trial = new Trial(words, () => {
    trial.turn(!trial.isOn);
    clock.offsetMs = trial.isOn ? -threeHoursMs : 0;
    const timeOf = (ms: number) =>
      new Date(ms).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    if (trial.isOn) {
      trial.say(`The TV says ${timeOf(clock.wallMs())}. Play on: the order holds.`, 'warn');
    } else trial.say(`The TV says ${timeOf(clock.wallMs())} again. Nothing was lost.`, 'good');
  });
  return trial;
}
