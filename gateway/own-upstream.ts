import { FrameUpstream, type FrameUpstreamOptions } from './frame-upstream.ts';
import { HttpUpstream } from './http-upstream.ts';
import type { LaneUpstream } from './lane-upstream.ts';

/**
 * One of our own subgraphs in a process of its own: by frames, and over HTTP while there is no framed channel,
 * as behind a proxy that passes no upgrade on. What the channel has not sent goes over HTTP as well.
 */
export function openOwnUpstream(options: FrameUpstreamOptions): LaneUpstream {
  const frames = new FrameUpstream(options);
  const http = openHttpUpstream(options);
  return {
    // Each only grows, and either may have met another release.
    get generation() {
      return frames.generation + http.generation;
    },
    get isReady() {
      return frames.isReady || http.isReady;
    },
    ask(request) {
      if (!frames.isReady) return http.ask(request);
      return frames
        .ask(request)
        .then((answer) => (answer.kind === 'unsent' ? http.ask(request) : answer));
    },
    async close() {
      await Promise.all([frames.close(), http.close()]);
    },
  };
}

/** The same over HTTP alone. */
export function openHttpUpstream({
  url,
  signer,
  clock,
  timeoutMs,
}: Pick<FrameUpstreamOptions, 'url' | 'signer' | 'clock' | 'timeoutMs'>): LaneUpstream {
  return new HttpUpstream({ url, signer, clock, timeoutMs });
}
