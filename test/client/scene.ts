import { readFileSync } from 'node:fs';
import type { Attachment } from '../../client/index.ts';
import { until } from '../support/until.ts';
import { ManualDeviceClock } from './manual-device-clock.ts';
import { openRig, type Rig } from './rig.ts';

/** What a viewer does at a device, and what becomes of the network there. */
export type Action = { device: string; does: string };

/** One line of a transcript: an action, a request, or the answer to the last request of the device. */
export type Line =
  | Action
  | { device: string; asks: string; variables: object }
  | { device: string; gets: object | 'nothing' };

/** Who answers: a server, or the transcript of one. `nowMs` is the wall clock. */
export type Answering = (
  asked: { device: string; asks: string; variables: object },
  nowMs: number,
) => Promise<object>;

export const transcriptFile = 'test/client/transcript.jsonl';

export function readTranscript(): Line[] {
  const lines = readFileSync(transcriptFile, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Line);
}

/**
 * Lets real clients of the SDK live through the actions, and answers everything that was said.
 *
 * Shape: one clock for all devices, which stands still while anything is under way: the same actions
 * and answers give the same lines.
 */
export async function actOut(actions: readonly Action[], answer: Answering): Promise<Line[]> {
  const stage = new Stage(answer);
  for (const action of actions) await stage.act(action);
  const lines = [...stage.lines];
  await stage.close();
  return lines;
}

interface Actor {
  rig: Rig;
  attachment?: Attachment;
  /** The next answer is lost on its way. */
  isDeaf: boolean;
}

/** What a client waits at most before it closes with something unsent. */
const closeWaitMs = 2_000;

class Stage {
  readonly lines: Line[] = [];
  readonly #answer: Answering;
  readonly #clock = new ManualDeviceClock();
  readonly #actors = new Map<string, Actor>();
  #underWay = 0;

  constructor(answer: Answering) {
    this.#answer = answer;
  }

  async act(action: Action): Promise<void> {
    this.lines.push(action);
    const actor = this.#actorOf(action.device);
    const { rig } = actor;
    const [verb, amount] = action.does.split(' ');
    const acts: Record<string, () => void | Promise<void>> = {
      open: () => {
        const options = { playableId: 'mov_1', resume: 'auto', durationMs: 600_000 } as const;
        actor.attachment = rig.client.attach(rig.player, options);
      },
      play: () => rig.player.play(),
      watch: () => rig.player.watch(Number(amount), rig.clock),
      wait: () => rig.clock.advance(Number(amount)),
      pause: () => rig.player.pause(),
      seek: () => {
        rig.player.currentTime = Number(amount) / 1_000;
      },
      end: () => rig.player.end(),
      close: () => actor.attachment?.detach(),
      lose: () => {
        actor.isDeaf = true;
      },
    };
    const act = acts[verb ?? ''];
    if (act === undefined) throw new Error(`Nobody can ${action.does}.`);
    await act();
    await this.#settle(rig);
  }

  /** What is said from here on is no part of the scene, and perhaps nobody answers it. */
  async close(): Promise<void> {
    const closing = [...this.#actors.values()].map(({ rig }) => rig.client.close());
    await this.#clock.advance(closeWaitMs);
    await Promise.all(closing);
    for (const { rig } of this.#actors.values()) await this.#settle(rig);
  }

  async #settle(rig: Rig): Promise<void> {
    await rig.server.settle();
    await until(() => this.#underWay === 0, { what: 'every answer has come' });
    await rig.server.settle();
  }

  #actorOf(device: string): Actor {
    const known = this.#actors.get(device);
    if (known !== undefined) return known;
    let ids = 0;
    const newId = () => {
      ids += 1;
      return `${device}-${ids}`;
    };
    const chance = { random: () => 0.5, newId };
    const kind = device === 'phone' ? 'PHONE' : 'TV';
    const options = { device: { kind, name: `The ${device}` }, chance } as const;
    const actor: Actor = { rig: openRig(options, { clock: this.#clock }), isDeaf: false };
    for (const asks of ['PlayheadOf', 'BeginSession', 'RecordHeartbeats']) {
      actor.rig.server.on(asks, ({ variables }) =>
        this.#converse(actor, { device, asks, variables }),
      );
    }
    this.#actors.set(device, actor);
    return actor;
  }

  async #converse(actor: Actor, asked: { device: string; asks: string; variables: object }) {
    const { device } = asked;
    this.lines.push(asked);
    this.#underWay += 1;
    try {
      const gets = await this.#answer(asked, this.#clock.wallMs());
      const isLost = actor.isDeaf;
      actor.isDeaf = false;
      this.lines.push({ device, gets: isLost ? 'nothing' : gets });
      return isLost ? 'unreachable' : (gets as { data: Record<string, unknown> });
    } finally {
      this.#underWay -= 1;
    }
  }
}
