import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import { mergeTitle, publicVersion } from '../../domain/merge.ts';
import { floorTitle, type TitleState } from '../../domain/playhead.ts';
import { handVersion, versionZero } from '../../domain/version.ts';
import { admitOne, beganAtMs, forgotten, heartbeatOf, tokenOf } from './samples.ts';

export interface Write extends TitleState {
  title: string;
}

type Change = 'HIDE' | 'UNHIDE' | 'FORGET' | 'FORGET_ALL';

/** One thing that happens in a world of devices, replicas and a network between them. */
export type Step =
  | {
      kind: 'heartbeat';
      device: number;
      title: number;
      event: PlaybackEvent;
      afterMs: number;
      positionMs: number;
      at: number;
    }
  | { kind: 'change'; change: Change; title: number; at: number; nowMs: number }
  /** A message arrives, which need not be the oldest; a duplicated one stays on its way. */
  | { kind: 'deliver'; message: number; isDuplicated: boolean }
  | { kind: 'lose'; message: number }
  /** One replica sends another all that it holds. */
  | { kind: 'copy'; from: number; to: number }
  | { kind: 'cut'; from: number; to: number }
  | { kind: 'heal' };

const titles = ['sintel', 'spring', 'charge'];
const nothing: TitleState = { playhead: null, visibility: null };

/** Several copies of one profile's registers, written to by devices and people, and never in step. */
export class Replicas {
  /** Every write that was ever made, in no order that matters. */
  readonly written: Write[] = [];
  readonly #replicas: Map<string, TitleState>[];
  readonly #elapsedMs: number[];
  #inFlight: { from: number; to: number; write: Write }[] = [];
  readonly #cuts = new Set<string>();

  constructor(size: { replicas: number; devices: number }) {
    this.#replicas = Array.from({ length: size.replicas }, () => new Map());
    this.#elapsedMs = new Array(size.devices).fill(0);
  }

  get states(): ReadonlyMap<string, TitleState>[] {
    return this.#replicas;
  }

  run(step: Step): void {
    if (step.kind === 'heartbeat') this.#heartbeat(step);
    else if (step.kind === 'change') this.#change(step);
    else if (step.kind === 'deliver') this.#deliver(step);
    else if (step.kind === 'lose') this.#take(step.message);
    else if (step.kind === 'copy') this.#copy(step.from, step.to);
    else if (step.kind === 'cut') this.#cuts.add(this.#link(step.from, step.to));
    else this.#cuts.clear();
  }

  /** Every replica hears from every other; `order` picks which goes first. */
  healAll(order: readonly number[]): void {
    this.#cuts.clear();
    const pairs = this.#replicas.flatMap((_, from) =>
      this.#replicas.map((_, to) => ({ from, to })),
    );
    const shuffled = pairs
      .map((pair, index) => ({ pair, rank: order[index % order.length] ?? 0 }))
      .sort((left, right) => left.rank - right.rank);
    for (const { pair } of [...shuffled, ...shuffled.reverse()]) this.#copy(pair.from, pair.to);
  }

  #heartbeat(step: Extract<Step, { kind: 'heartbeat' }>): void {
    const device = step.device % this.#elapsedMs.length;
    const elapsedMs = (this.#elapsedMs[device] ?? 0) + step.afterMs;
    this.#elapsedMs[device] = elapsedMs;
    const title = titles[step.title % titles.length] ?? 'sintel';
    const token = tokenOf({ title, deviceId: `device-${device}`, sessionId: `of-${device}` });
    const { positionMs, event } = step;
    const admitted = admitOne(heartbeatOf({ event, positionMs, elapsedMs }), { token });
    this.#write({ title, playhead: admitted.playhead, visibility: admitted.visibility }, step.at);
  }

  #change(step: Extract<Step, { kind: 'change' }>): void {
    const replica = this.#replicas[step.at % this.#replicas.length];
    const isAll = step.change === 'FORGET_ALL';
    const title = isAll ? floorTitle : (titles[step.title % titles.length] ?? 'sintel');
    const met = isAll ? [...(replica?.values() ?? [])] : [replica?.get(title) ?? nothing];
    const inForce = met.map(publicVersion).sort().at(-1) ?? versionZero;
    const nonce = String(this.written.length);
    const version = handVersion({ nowMs: beganAtMs + step.nowMs, inForce, nonce });
    const isVisibility = step.change === 'HIDE' || step.change === 'UNHIDE';
    const visibility = { version, hidden: step.change === 'HIDE', laterFields: '' };
    const write = isVisibility
      ? { title, playhead: null, visibility }
      : { title, playhead: forgotten(version), visibility: null };
    this.#write(write, step.at);
  }

  #write(write: Write, at: number): void {
    const origin = at % this.#replicas.length;
    this.written.push(write);
    this.#merge(origin, write);
    this.#replicas.forEach((_, to) => {
      if (to !== origin) this.#inFlight.push({ from: origin, to, write });
    });
  }

  #deliver(step: Extract<Step, { kind: 'deliver' }>): void {
    const message = this.#take(step.message);
    if (message === undefined) return;
    if (this.#isCut(message)) this.#inFlight.push(message);
    else this.#merge(message.to, message.write);
    if (step.isDuplicated) this.#inFlight.push(message);
  }

  #take(message: number): { from: number; to: number; write: Write } | undefined {
    return this.#inFlight.splice(message % Math.max(1, this.#inFlight.length), 1)[0];
  }

  #copy(from: number, to: number): void {
    const ends = { from: from % this.#replicas.length, to: to % this.#replicas.length };
    if (ends.from === ends.to || this.#isCut(ends)) return;
    for (const [title, state] of this.#replicas[ends.from] ?? []) {
      this.#merge(ends.to, { title, ...state });
    }
  }

  #merge(replica: number, { title, playhead, visibility }: Write): void {
    const held = this.#replicas[replica];
    held?.set(title, mergeTitle(held.get(title) ?? nothing, { playhead, visibility }));
  }

  #isCut({ from, to }: { from: number; to: number }): boolean {
    return this.#cuts.has(this.#link(from, to));
  }

  #link(from: number, to: number): string {
    const count = this.#replicas.length;
    return [from % count, to % count].sort().join('-');
  }
}
