import type { CentreLink } from './cassandra.ts';
import type { PlaybackProcess } from './playback-process.ts';
import type { Region } from './region.ts';
import { fairWeather, type Weather } from './wire.ts';

/** What messages from one region to another meet on their way. */
export interface RouteWeather {
  /** Share that is lost; 1: nothing arrives. */
  loss: number;
  /** Longest way of one message, ms. */
  delayMsMax: number;
}

export const fairRoute: RouteWeather = { loss: 0, delayMsMax: 90 };

/** The way from one region to another; the way back is another one. */
export class Route {
  readonly from: Region;
  readonly to: Region;
  readonly #link: CentreLink;
  #weather = fairRoute;

  constructor(from: Region, to: Region, link: CentreLink) {
    this.from = from;
    this.to = to;
    this.#link = link;
  }

  get weather(): RouteWeather {
    return this.#weather;
  }

  turn(weather: RouteWeather): void {
    this.#weather = weather;
    if (weather.loss < 1) this.#link.mend();
    else this.#link.cut();
  }
}

/** All ways between regions: what a process asks of another region goes there and comes back. */
export class Routes {
  readonly all: readonly Route[];

  constructor(regions: readonly Region[], links: readonly CentreLink[]) {
    this.all = links.flatMap((link) => {
      const [from, to] = [link.from, link.to].map((centre) =>
        regions.find((region) => region.centre === centre),
      );
      return from === undefined || to === undefined ? [] : [new Route(from, to, link)];
    });
  }

  turn(routes: readonly Route[], weather: RouteWeather): void {
    for (const route of routes) route.turn(weather);
    const regions = new Set(this.all.map(({ from }) => from));
    for (const { processes } of regions) for (const process of processes) this.reach(process);
  }

  /** The wires of a process to other regions are as the ways are. */
  reach(process: PlaybackProcess): void {
    for (const { region, wire } of process.peers) wire.turn(this.#between(process.region, region));
    const lender = process.region.lender;
    if (lender !== null) process.remoteWire.turn(this.#between(process.region, lender));
  }

  #between(asker: Region, asked: Region): Weather {
    const way = (from: Region, to: Region) =>
      this.all.find((route) => route.from === from && route.to === to)?.weather ?? fairRoute;
    const [there, back] = [way(asker, asked), way(asked, asker)];
    return {
      ...fairWeather,
      requestLoss: there.loss,
      answerLoss: back.loss,
      delayMsMax: Math.max(there.delayMsMax, back.delayMsMax),
    };
  }
}
