/** The network of one device of the page, which can be switched off for that device alone. */
export class DeviceNetwork {
  #cut = new AbortController();
  #isOn = true;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Fails as `fetch` does on a machine without a network; what was open breaks off. */
  readonly fetch: typeof fetch = (input, init) => {
    if (!this.#isOn) return Promise.reject(new TypeError('This device is offline.'));
    const signals = [this.#cut.signal, ...(init?.signal ? [init.signal] : [])];
    return fetch(input, { ...init, signal: AbortSignal.any(signals) });
  };

  turn(isOn: boolean): void {
    if (this.#isOn === isOn) return;
    this.#isOn = isOn;
    if (!isOn) {
      this.#cut.abort(new TypeError('This device went offline.'));
      return;
    }
    this.#cut = new AbortController();
    // What browsers tell a page when the network is back; every device of the page hears it.
    window.dispatchEvent(new Event('online'));
  }
}
