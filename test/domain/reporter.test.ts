import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { reporterOf } from '../../domain/reporter.ts';
import { deviceHash, sessionWriter } from '../../domain/version.ts';
import { tokens } from '../support/arbitraries.ts';

describe('what stands for a session', () => {
  it('follows from its token alone, and is one object for all that is opened as that token', () => {
    fc.assert(
      fc.property(fc.array(tokens), (sessions) => {
        const first = sessions.map(reporterOf);
        sessions.forEach((token, index) => {
          const { deviceId: id, deviceKind: kind, deviceName: name } = token;
          const writer = sessionWriter(token);
          const said = { writer, deviceHash: deviceHash(id), device: { id, kind, name } };
          expect(reporterOf(token)).toBe(first[index]);
          expect(reporterOf({ ...token })).toEqual(said);
        });
      }),
    );
  });
});
