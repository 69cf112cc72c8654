import fc from 'fast-check';
import {
  type HeartbeatInput,
  hourMs,
  type Recorded,
  type TestDevice,
} from '../../support/playback.ts';

export const titles = ['film', 'sequel'] as const;
const devices = fc.nat({ max: 2 });
const title = fc.constantFrom(...titles);

/** An observation is sent with the device's next `send`: until then it is an offline one. */
export type Happening =
  | { does: 'begin'; device: number; title: (typeof titles)[number] }
  | { does: 'observe'; device: number; event: string; positionMs: number }
  | { does: 'send'; device: number }
  | { does: 'change'; field: 'hidePlayhead' | 'unhidePlayhead'; title: (typeof titles)[number] };

export const happenings = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.integer({ min: 1_000, max: 20_000 }), fc.constant(hourMs)),
    happening: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ does: fc.constant('begin' as const), device: devices, title }),
      },
      {
        weight: 8,
        arbitrary: fc.record({
          does: fc.constant('observe' as const),
          device: devices,
          event: fc.constantFrom('START', 'HEARTBEAT', 'HEARTBEAT', 'PLAY', 'PAUSE', 'FINISH'),
          positionMs: fc.nat({ max: 5_000_000 }),
        }),
      },
      { weight: 8, arbitrary: fc.record({ does: fc.constant('send' as const), device: devices }) },
      {
        weight: 1,
        arbitrary: fc.record({
          does: fc.constant('change' as const),
          field: fc.constantFrom('hidePlayhead' as const, 'unhidePlayhead' as const),
          title,
        }),
      },
    ),
  }),
  { minLength: 5, maxLength: 30 },
);

/** A player of which one may say that it never was: then it notes nothing and sends nothing. */
export class Player {
  readonly #device: TestDevice;
  readonly #isSilent: (sessionId: string) => boolean;
  #waiting: HeartbeatInput[] = [];
  sessionId: string | null = null;

  constructor(device: TestDevice, isSilent: (sessionId: string) => boolean) {
    this.#device = device;
    this.#isSilent = isSilent;
  }

  async begin(sessionId: string, playableId: string): Promise<void> {
    await this.send();
    this.sessionId = sessionId;
    if (!this.#isSilent(sessionId)) await this.#device.begin({ sessionId, playableId });
  }

  observe(event: string, positionMs: number): void {
    if (this.sessionId === null || this.#isSilent(this.sessionId)) return;
    this.#waiting.push(this.#device.observe(event, positionMs));
  }

  /** Null: it had nothing to send. */
  async send(): Promise<Recorded | null> {
    const waiting = this.#waiting.splice(0);
    return waiting.length > 0 ? this.#device.send(...waiting) : null;
  }
}

/**
 * Whether one of two that report the same was overtaken and the other was not, which is judged once, as it
 * comes (STL-2, STL-6): nobody takes it back with the session because of which it was.
 */
export function wereJudgedApart(answers: readonly (Recorded | null)[]): boolean {
  const verdicts = answers.filter((answer) => answer !== null).map(isOvertaken);
  return new Set(verdicts).size > 1;
}

function isOvertaken({ outcome, durability }: Recorded): boolean {
  return outcome === 'SUPERSEDED' && durability === 'NONE';
}
