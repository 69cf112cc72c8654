import type { AskServer } from './ask-server.ts';
import { element, write } from './dom.ts';
import { type Health, HotStoreWatch } from './hot-store.ts';
import type { HotStoreState } from './hot-store-route.ts';
import { Trial } from './trial.ts';

const badgeWords: Readonly<Record<Health, string>> = {
  unknown: '',
  current: 'All stores up',
  degraded: 'Degraded: answers come from the durable store',
  silent: 'No answer',
};

/** Kills the hot store, and starts it again. The badge says what the server says of its answers. */
export function hotStoreTrial(about: { ask: AskServer; playableId: string }): {
  trial: Trial;
  badge: HTMLElement;
} {
  const words = {
    testId: 'trial-hot-store',
    title: 'Kill the hot store',
    hint: '…',
    control: 'Kill Redis',
  };
  const badge = element('span', { class: 'badge', testId: 'badge', role: 'status' });
  let isUp = true;
  let wasKilled = false;
  const trial = new Trial(words, () => void press());
  trial.allow(false);
  const watch = new HotStoreWatch(about, show);
  void watch.open();
  return { trial, badge };

  async function press(): Promise<void> {
    trial.allow(false);
    if (isUp) wasKilled = true;
    await (isUp ? watch.kill() : watch.start());
  }

  function show(state: HotStoreState, health: Health): void {
    isUp = state.isUp;
    trial.allow(state.isOwn);
    trial.name(isUp ? 'Kill Redis' : 'Restart Redis');
    write(badge, badgeWords[health]);
    badge.dataset.health = health;
    if (!state.isUp) trial.say('Redis is dead. Resume still works: try it.', 'warn');
    else if (!wasKilled) trial.say(state.words);
    else if (health === 'current') trial.say('Redis is back. No position was lost.', 'good');
    else trial.say('Redis is back: comparing the two stores…', 'warn');
  }
}
