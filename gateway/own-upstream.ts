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
  let isByFrames = frames.isReady;
  let turns = 0;
  const upstream: LaneUpstream = {
    // Each only grows, and either may have met another release. So may HTTP have where the channel ends:
    // what said goodbye was the release that the channel led to.
    get generation() {
      if (isByFrames !== frames.isReady) turns += 1;
      isByFrames = frames.isReady;
      return frames.generation + http.generation + turns;
    },
    get isReady() {
      return frames.isReady || http.isReady;
    },
    async ask(request) {
      const { generation } = upstream;
      if (!frames.isReady) return http.ask(request);
      const answer = await frames.ask(request);
      const isAnother = upstream.generation !== generation;
      return answer.kind === 'unsent' && !isAnother ? http.ask(request) : answer;
    },
    async close() {
      await Promise.all([frames.close(), http.close()]);
    },
  };
  return upstream;
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
