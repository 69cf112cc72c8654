import { until } from '../support/until.ts';
import { post, type ToyGateway } from './toy-gateway.ts';

/** A counter's value by its labels as Prometheus writes them; 0 if it is not there. */
export function counted(scraped: string, sample: string): number {
  const line = scraped.split('\n').find((each) => each.startsWith(`${sample} `));
  return Number(line?.slice(sample.length + 1) ?? 0);
}

/** All that the lane of this gateway has forwarded by HTTP. */
export async function forwarded(gateway: ToyGateway): Promise<number> {
  const samples = (await gateway.scrape()).matchAll(
    /^playhead_lane_forwarded_total\{[^}]*transport="http"\} (\d+)$/gm,
  );
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** How often the lane refused for this reason. */
export async function refused(gateway: ToyGateway, reason: string): Promise<number> {
  return counted(await gateway.scrape(), `playhead_lane_refused_total{reason="${reason}"}`);
}

/** Asks until the lane answers: a document is decided behind the first answer to it. */
export async function untilForwarded(
  gateway: ToyGateway,
  body: object,
  profileId = 'alice',
): Promise<void> {
  const before = await forwarded(gateway);
  const identity = { authorization: `Bearer ${await gateway.token(profileId)}` };
  const isForwarded = async () => {
    await post(gateway.url, body, identity);
    return (await forwarded(gateway)) > before;
  };
  await until(isForwarded, { what: `${JSON.stringify(body)} is forwarded` });
}
