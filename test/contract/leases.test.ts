import { openEmbeddedLeases } from '../../stores/embedded/lease.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeLeases } from './leases.ts';

describeLeases('embedded', async () => {
  const clock = new ManualClock();
  const leases = openEmbeddedLeases({ clock });
  return { leases, pass: (ms) => clock.advance(ms), close: () => leases.close() };
});
