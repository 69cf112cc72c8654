/** The network of one device of the page, which can be switched off, or lead elsewhere, for that device alone. */
export class DeviceNetwork {
  #cut = new AbortController();
  #isOn = true;
  /** Null: where the page came from. */
  #origin: string | null = null;

  get isOn(): boolean {
    return this.#isOn;
  }

  /** Fails as `fetch` does on a machine without a network; what was open breaks off. */
  readonly fetch: typeof fetch = (input, init) => {
    if (!this.#isOn) return Promise.reject(new TypeError('This device is offline.'));
    const signals = [this.#cut.signal, ...(init?.signal ? [init.signal] : [])];
    return fetch(this.#placeOf(input), { ...init, signal: AbortSignal.any(signals) });
  };

  /** From now on the device reaches the gateway there; what was open breaks off. Null: the page's own. */
  moveTo(origin: string | null): void {
    this.#origin = origin;
    if (!this.#isOn) return;
    this.turn(false);
    this.turn(true);
  }

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

  #placeOf(input: RequestInfo | URL): RequestInfo | URL {
    return this.#origin !== null && typeof input === 'string'
      ? new URL(input, this.#origin)
      : input;
  }
}
