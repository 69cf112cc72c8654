import type { Fault } from './faults.ts';
import type { Region } from './region.ts';
import { fairRoute, type Route, type RouteWeather } from './route.ts';

const cut: RouteWeather = { loss: 1, delayMsMax: fairRoute.delayMsMax };
/** What a region that is lost had not yet told its disks, ms. */
const tailMsMax = 2_000;

/** What goes wrong between regions, and with whole ones. */
export const regionFaults: Record<string, Fault> = {
  async 'a region and another are cut off from each other'(region) {
    const other = anotherThan(region);
    await along(region, { isOn: betweenThem(region, other), weather: cut });
  },
  async 'a region does not hear another'(region) {
    const other = anotherThan(region);
    const isOn = ({ from, to }: Route) => from === other && to === region;
    await along(region, { isOn, weather: cut });
  },
  async 'a region is cut off from all'(region) {
    await along(region, { isOn: ({ from, to }) => from === region || to === region, weather: cut });
  },
  async 'a region hears nobody'(region) {
    await along(region, { isOn: ({ to }) => to === region, weather: cut });
  },
  async 'messages of a region to others are slow'(region) {
    const weather = { loss: 0, delayMsMax: 300 + region.chance.below(3_000) };
    await along(region, { isOn: ({ from }) => from === region, weather });
  },
  async 'messages between two regions are lost'(region) {
    const weather = { loss: 0.1 + region.chance.below(50) / 100, delayMsMax: 300 };
    await along(region, { isOn: betweenThem(region, anotherThan(region)), weather });
  },
  async 'a region is lost, and comes back'(region) {
    await lose(region, { isForGood: false });
  },
  async 'a region is lost, and built anew'(region) {
    await lose(region, { isForGood: true });
  },
};

async function along(
  { world, timeline, chance }: Region,
  of: { isOn: (route: Route) => boolean; weather: RouteWeather },
): Promise<void> {
  const routes = world.routes.all.filter(of.isOn);
  world.routes.turn(routes, of.weather);
  await timeline.sleep(3_000 + chance.below(35_000));
  world.routes.turn(routes, fairRoute);
  world.cassandra.deliver();
}

function anotherThan(region: Region): Region {
  return region.chance.pick(region.world.regions.filter((other) => other !== region));
}

function betweenThem(one: Region, other: Region): (route: Route) => boolean {
  return ({ from, to }) => (from === one && to === other) || (from === other && to === one);
}

/** One at a time, and none in which something else is being put right. */
async function lose(region: Region, of: { isForGood: boolean }): Promise<void> {
  const { world, timeline, chance, busy } = region;
  if (busy.size > 1 || world.regions.some(({ isLost }) => isLost)) return;
  region.fall({ tailMs: of.isForGood ? Number.POSITIVE_INFINITY : chance.below(tailMsMax) });
  await timeline.sleep(5_000 + chance.below(25_000));
  region.rise();
}
