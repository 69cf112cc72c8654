import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FrameRequest, readRequest, writeRequest } from '../../runtime/frame-messages.ts';
import {
  FrameDecoder,
  type FrameFault,
  type FrameKind,
  FrameWriter,
  frameBytesMax,
  frameHeadBytes,
  frameKinds,
} from '../../runtime/frames.ts';
import '../support/seeds.ts';
import { until } from '../support/until.ts';

interface Frame {
  kind: FrameKind;
  id: number;
  payload: string;
}

const anyFrame: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constantFrom(...Object.values(frameKinds)),
  id: fc.nat({ max: 0xffffffff }),
  payload: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constant('ü'.repeat(9_000))),
});

/** What was written for these frames, at once. */
function bytesOf(frames: readonly Frame[]): Buffer {
  const written: Buffer[] = [];
  const writer = new FrameWriter((bytes) => written.push(Buffer.from(bytes)));
  for (const { kind, id, payload } of frames) writer.begin(kind, id).utf8(payload).end();
  writer.flush();
  return Buffer.concat(written);
}

/** These bytes, cut at these places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  places.sort((left, right) => left - right);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

function decode(chunks: readonly Buffer[], bytesMax?: number) {
  const frames: Frame[] = [];
  let readBytes = 0;
  const decoder = new FrameDecoder((kind, id, payload) => {
    readBytes += frameHeadBytes + payload.length;
    frames.push({ kind, id, payload: payload.toString() });
    return undefined;
  }, bytesMax);
  let fault: FrameFault | undefined;
  for (const chunk of chunks) fault ??= decoder.push(chunk);
  return { frames, readBytes, fault, atEnd: decoder.end() };
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });

describe('frames', () => {
  it('are the same however their bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 6 }), cuts, (frames, places) => {
        const bytes = bytesOf(frames);
        const expected = { frames, readBytes: bytes.length, fault: undefined, atEnd: undefined };
        expect(decode(pieces(bytes, places))).toEqual(expected);
      }),
    );
  });

  it('are the same byte by byte', () => {
    const frames = [
      { kind: frameKinds.request, id: 7, payload: 'ask' },
      { kind: frameKinds.goAway, id: 0, payload: '' },
      { kind: frameKinds.answer, id: 0xffffffff, payload: '{"data":null}' },
    ];
    const bytes = bytesOf(frames);
    const { frames: read } = decode([...bytes].map((byte) => Buffer.from([byte])));
    expect(read).toEqual(frames);
  });

  it('are as docs/fast-lane.md writes them', () => {
    const bytes = bytesOf([{ kind: frameKinds.answer, id: 258, payload: '{}' }]);
    expect(bytes.toString('hex')).toBe('00000007' + '00000102' + '04' + '7b7d');
  });

  it('that end too early are missed, at whichever byte', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), cuts, (frame, at, places) => {
        const whole = bytesOf([frame]);
        const part = whole.subarray(0, 1 + (at % (whole.length - 1)));
        const { frames, fault, atEnd } = decode(pieces(part, places));
        expect({ frames, fault, atEnd }).toEqual({
          frames: [],
          fault: undefined,
          atEnd: 'truncated',
        });
      }),
    );
  });

  it.each([
    ['too-short', '00000004' + '00000001' + '04'],
    ['too-short', '00000000'],
    ['too-long', '00100000'],
    ['too-long', 'ffffffff'],
    ['unknown-kind', '00000005' + '00000001' + '00'],
    ['unknown-kind', '00000005' + '00000001' + '09'],
    ['unknown-kind', '00000006' + '00000001' + 'ff' + '00'],
  ])('have one clear fault, %s, in %s, and nothing after it is read', (expected, hex) => {
    const good = { kind: frameKinds.ping, id: 1, payload: '' };
    const bytes = Buffer.concat([bytesOf([good]), Buffer.from(hex, 'hex'), bytesOf([good])]);
    for (const chunks of [[bytes], [...bytes].map((byte) => Buffer.from([byte]))]) {
      const { frames, fault, atEnd } = decode(chunks);
      expect(fault).toBe(expected);
      expect(atEnd).toBe(expected);
      expect(frames).toEqual([good]);
    }
  });

  it('of rubbish are frames or a fault, and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (rubbish, places) => {
        const bytes = Buffer.from(rubbish);
        const whole = decode([bytes]);
        expect(decode(pieces(bytes, places))).toEqual(whole);
        // What was read without a fault is all there is.
        if (whole.atEnd === undefined) expect(whole.readBytes).toBe(bytes.length);
      }),
    );
  });

  it('of the greatest length pass, and not a byte more', () => {
    const payload = 'x'.repeat(frameBytesMax - frameHeadBytes);
    const written: number[] = [];
    const writer = new FrameWriter((bytes) => written.push(bytes.length));
    expect(writer.begin(frameKinds.answer, 1).latin1(payload).end()).toBe(true);
    expect(writer.begin(frameKinds.answer, 2).latin1(`${payload}x`).end()).toBe(false);
    writer.flush();
    expect(written).toEqual([frameBytesMax]);
    const bytes = bytesOf([{ kind: frameKinds.answer, id: 1, payload }]);
    expect(decode([bytes]).frames).toHaveLength(1);
    expect(decode([bytes], frameBytesMax - 1).fault).toBe('too-long');
  });

  it('that are written in one turn leave together', async () => {
    const written: Buffer[] = [];
    const writer = new FrameWriter((bytes, done) => {
      written.push(Buffer.from(bytes));
      done();
    });
    const write = (id: number) => writer.begin(frameKinds.ping, id).end();
    for (const id of [1, 2, 3]) write(id);
    expect(written).toEqual([]);
    await until(() => written.length > 0, { what: 'the write' });
    write(4);
    await until(() => written.length > 1, { what: 'the next write' });
    const idsOf = (bytes: Buffer) => decode([bytes]).frames.map(({ id }) => id);
    expect(written.map(idsOf)).toEqual([[1, 2, 3], [4]]);
  });

  it('are not overwritten before they are written', () => {
    const held: { bytes: Buffer; written: () => void }[] = [];
    const writer = new FrameWriter((bytes, written) => held.push({ bytes, written }));
    const write = (id: number) => {
      writer.begin(frameKinds.ping, id).end();
      writer.flush();
    };
    const ids = () => held.flatMap(({ bytes }) => decode([bytes]).frames.map(({ id }) => id));
    for (let id = 1; id <= 10; id += 1) write(id);
    expect(ids()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const { written } of held.splice(0)) written();
    for (let id = 11; id <= 20; id += 1) write(id);
    expect(ids()).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });
});

describe('a request as a frame', () => {
  const anyRequest: fc.Arbitrary<FrameRequest> = fc.record({
    document: fc.nat({ max: 0xffffffff }),
    authorization: fc.string({ unit: 'grapheme-ascii', maxLength: 600 }),
    traceparent: fc.string({ unit: 'grapheme-ascii', maxLength: 55 }),
    variables: fc.json(),
  });
  const payloadOf = (request: FrameRequest) => {
    let payload: Buffer | undefined;
    const writer = new FrameWriter((bytes) => {
      payload = Buffer.from(bytes.subarray(frameHeadBytes));
    });
    const isWritten = writeRequest(writer, 1, request);
    writer.flush();
    return isWritten ? payload : undefined;
  };

  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(readRequest(payloadOf(request) ?? Buffer.alloc(0))).toEqual(request);
      }),
    );
  });

  it('is none when it ends within its fields', () => {
    const request = { document: 1, authorization: 'Bearer x', traceparent: '00-a', variables: '' };
    const payload = payloadOf(request) ?? Buffer.alloc(0);
    for (let length = 0; length < payload.length; length += 1) {
      expect(readRequest(payload.subarray(0, length))).toBeUndefined();
    }
    expect(readRequest(payload)).toEqual(request);
  });

  it.each([
    ['authorization', 0x10000],
    ['traceparent', 0x100],
    ['variables', frameBytesMax],
  ])('is not written with a longer %s than it holds', (field, length) => {
    const request = { document: 1, authorization: '', traceparent: '', variables: '' };
    expect(payloadOf({ ...request, [field]: 'x'.repeat(length) })).toBeUndefined();
  });
});
