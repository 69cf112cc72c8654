import { describe, expect, it } from '@jest/globals';
import { mergeMetrics } from '../../runtime/metrics-text.ts';

describe('the metrics of several parts of a process', () => {
  it('are one text, in which the samples of a metric stand together', () => {
    const playback = [
      '# HELP lane_seconds Time.',
      '# TYPE lane_seconds histogram',
      'lane_seconds_bucket{lane="heartbeat",le="+Inf"} 2',
      'lane_seconds_count{lane="heartbeat"} 2',
      '# HELP dirty Titles.',
      '# TYPE dirty gauge',
      'dirty 7',
      '',
    ].join('\n');
    const rows = [
      '# HELP lane_seconds Time.',
      '# TYPE lane_seconds histogram',
      'lane_seconds_bucket{lane="row",le="+Inf"} 1',
      'lane_seconds_count{lane="row"} 1',
    ].join('\n');
    expect(mergeMetrics([playback, '', rows])).toBe(
      [
        '# HELP lane_seconds Time.',
        '# TYPE lane_seconds histogram',
        'lane_seconds_bucket{lane="heartbeat",le="+Inf"} 2',
        'lane_seconds_count{lane="heartbeat"} 2',
        'lane_seconds_bucket{lane="row",le="+Inf"} 1',
        'lane_seconds_count{lane="row"} 1',
        '# HELP dirty Titles.',
        '# TYPE dirty gauge',
        'dirty 7',
        '',
      ].join('\n'),
    );
  });
});
