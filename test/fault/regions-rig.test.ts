// What breaks: the network between two regions, then one of the regions as a whole.
// How: the rig's links are cut, or held in one direction; SIGKILL for everything of a region.
// What must hold: of the rig itself, that nothing passes between regions but over its links, and that what
// was held up arrives once they are healed: or tests over it would prove nothing.
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { types } from 'cassandra-driver';
import { measure, obey } from '../regions/commands.ts';
import { Traveller } from '../regions/freshness.ts';
import { describeWith } from '../support/cassandra.ts';
import { ownRegions } from '../support/own-regions.ts';
import type { TestRegion } from '../support/region.ts';
import { until } from '../support/until.ts';

/** Cassandra looks at its hints every 10 s: at one turn it closes their file, at the next it sends them. */
const hintsDeadlineMs = 90_000;

/** Some wait for them several times, or for a node that starts. */
jest.setTimeout(420_000);

interface Told {
  key: number;
  teller: string;
}

describeWith(await ownRegions(), 'two regions', (regions) => {
  const [eu, us] = regions.all;
  let lastKey = 0;
  beforeAll(async () => {
    await eu.cassandraClient.execute('CREATE TABLE told (key int PRIMARY KEY, teller text)');
  });
  afterEach(() => regions.heal());
  afterAll(() => regions.close());

  /** Acknowledged by this region's own node; answers what it wrote. */
  const tell = async ({ name, cassandraClient }: TestRegion) => {
    lastKey += 1;
    const written = { key: lastKey, teller: name };
    await cassandraClient.execute('INSERT INTO told (key, teller) VALUES (?, ?)', [lastKey, name], {
      prepare: true,
      consistency: types.consistencies.localQuorum,
    });
    return written;
  };
  const hears = async ({ cassandraClient }: TestRegion, { key, teller }: Told) => {
    const { rows } = await cassandraClient.execute('SELECT teller FROM told WHERE key = ?', [key], {
      prepare: true,
      consistency: types.consistencies.localOne,
    });
    return rows[0]?.teller === teller;
  };
  const untilHeard = (region: TestRegion, written: Told) =>
    until(() => hears(region, written), {
      what: `${region.name} holds what ${written.teller} wrote`,
      deadlineMs: hintsDeadlineMs,
    });

  it('hold each other’s writes in Cassandra while the links are well', async () => {
    await untilHeard(us, await tell(eu));
    await untilHeard(eu, await tell(us));
  });

  it('read each other’s heartbeats while the links are well, and none that was cut off until they are healed', async () => {
    const there = await Traveller.begin(regions, { from: 'eu', to: 'us', profileId: 'there' });
    const back = await Traveller.begin(regions, { from: 'us', to: 'eu', profileId: 'back' });
    const isRead = async (traveller: Traveller, positionMs: number) =>
      until(async () => (await traveller.readThere()) === positionMs, {
        what: 'a heartbeat is read in the other region',
      });
    const before = await there.beat();
    await isRead(there, before);

    await regions.link('eu', 'us').cut();
    const cutOff = await there.beat();
    await isRead(back, await back.beat());
    expect(await there.readThere()).toBe(before);
    await regions.heal();
    await isRead(there, cutOff);
  });

  it('obey the lines that people type', async () => {
    expect(await obey(regions, 'cut')).toContain('apart');
    expect(regions.link('eu', 'us').connections).toBe(0);
    expect(await obey(regions, 'heal')).toContain('well');
    expect(await obey(regions, 'delay 20')).toContain('20 ms');
    await expect(obey(regions, 'delay soon')).rejects.toThrow('Milliseconds');
    await expect(obey(regions, 'kill ap')).rejects.toThrow('There is no region ap.');
    expect(await obey(regions, 'what?')).toContain('start-empty REGION');
    expect(await measure(regions, 3)).toMatch(
      /^3 heartbeats sent in eu were read in us after \d+ ms/,
    );
  });

  it('write on alone while the links are cut, and both hold everything afterwards', async () => {
    await regions.partition();
    const [early, back] = [await tell(eu), await tell(us)];
    await Promise.all([eu.cassandra.untilOthersAre('DOWN'), us.cassandra.untilOthersAre('DOWN')]);
    const late = await tell(eu);
    expect([await hears(us, early), await hears(us, late)]).toEqual([false, false]);
    expect(await hears(eu, back)).toBe(false);
    await regions.heal();
    await untilHeard(us, early);
    await untilHeard(eu, back);
    await untilHeard(us, late);
  });

  it('tell each other in one direction while nothing passes in the other', async () => {
    regions.link('eu', 'us').hold();
    const stopped = await tell(eu);
    await untilHeard(eu, await tell(us));
    expect(await hears(us, stopped)).toBe(false);
    await regions.heal();
    await untilHeard(us, stopped);
  });
});
