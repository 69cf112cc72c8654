/** The SDK: what an app on a device imports, and nothing else of this folder. */
export type { Attachment, AttachOptions } from './attachment.ts';
export type { Chance } from './chance.ts';
export type { DeviceClock } from './clock.ts';
export type { ContinueWatchingRow } from './continue-watching.ts';
export type { TakenOver } from './hand-off.ts';
export type { StreamOptions, StreamSink, Subscribe } from './live.ts';
export type { LiveStore } from './observable.ts';
export type {
  ActiveSession,
  ContinueWatchingItem,
  Device,
  DeviceKind,
  PlaybackSession,
  Playhead,
  ResumeCandidate,
  ServerProblem,
  TakeOver,
} from './operations.ts';
export type { Heartbeat, PlaybackEvent } from './outbox.ts';
export type { KeptPlayback, OutboxStore } from './outbox-store.ts';
export type { Page, PageListener } from './page.ts';
export type { MediaPlayer } from './player-events.ts';
export {
  createPlayhead,
  type PlayheadClient,
  type PlayheadListeners,
  type PlayheadOptions,
} from './playhead-client.ts';
export type { ResumePoint } from './resume.ts';
export type { DeviceStorage } from './storage.ts';
export type { TabsPort } from './tabs.ts';
