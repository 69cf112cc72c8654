import { describe, expect, it } from '@jest/globals';
import { versionFloor } from '../../domain/version.ts';
import { transition } from '../support/transitions.ts';
import type { WatchLogUnderTest } from './watch-log.ts';

const minuteMs = 60_000;

export function describeErasing(subject: () => WatchLogUnderTest): void {
  describe('an erased profile', () => {
    const at = (minutesAgo: number, title: string, profileId = 'demo') =>
      transition({
        ...{ kind: 'PAUSE', profileId, title },
        occurredAtMs: subject().nowMs - minutesAgo * minuteMs,
      });
    const fence = () => versionFloor(subject().nowMs - 10 * minuteMs);
    const keep = (...transitions: ReturnType<typeof at>[]) => {
      const { watchLog, nowMs } = subject();
      return watchLog.keep({ partition: 0, transitions, offset: '1', nowMs });
    };
    const titles = async (profileId = 'demo') => {
      const { watchLog, nowMs } = subject();
      return (await watchLog.read({ profileId, nowMs })).map(({ title }) => title).sort();
    };

    it('has nothing that is not newer, and takes in nothing of before that comes late', async () => {
      await keep(at(60, 'old'), at(1, 'new'), at(60 * 24 * 80, 'ancient'));
      await subject().watchLog.erase({ profileId: 'demo', fence: fence() });
      expect(await titles()).toEqual(['new']);
      await keep(at(30, 'late'), at(60, 'old'), at(2, 'newer'));
      expect(await titles()).toEqual(['new', 'newer']);
    });

    it('touches no other profile', async () => {
      await keep(at(60, 'mine'), at(60, 'theirs', 'demo2'));
      await subject().watchLog.erase({ profileId: 'demo', fence: fence() });
      expect([await titles(), await titles('demo2')]).toEqual([[], ['theirs']]);
    });

    it('is erased again without harm, and leaves the offset alone', async () => {
      const { watchLog } = subject();
      await keep(at(60, 'old'));
      const offset = await watchLog.offset(0);
      for (let times = 0; times < 2; times += 1) {
        await watchLog.erase({ profileId: 'demo', fence: fence() });
      }
      expect([await titles(), await watchLog.offset(0)]).toEqual([[], offset]);
    });

    it('is no more among those that are visited', async () => {
      await keep(at(60, 'mine'), at(60, 'theirs', 'other'), at(60, 'all', 'third'));
      const { watchLog } = subject();
      await watchLog.erase({ profileId: 'demo', fence: fence() });
      const visited = new Set<string>();
      await watchLog.eachProfile(async (profileId) => void visited.add(profileId));
      expect([...visited].sort()).toEqual(['other', 'third']);
    });
  });
}
