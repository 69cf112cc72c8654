import fc from 'fast-check';
import { type HeartbeatInput, hourMs, type TestDevice } from '../../support/playback.ts';

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

  async send(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    if (waiting.length > 0) await this.#device.send(...waiting);
  }
}
