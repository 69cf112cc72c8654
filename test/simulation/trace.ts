/** Values that differ from run to run, or say too much. */
const briefLengthMax = 300;

/**
 * The same store, which tells of every call and of its answer: what a replay prints.
 */
export function traced<Store extends object>(
  store: Store,
  of: { name: string; note: (what: string) => void },
): Store {
  const { name, note } = of;
  return new Proxy(store, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const call = `${name}.${String(property)}`;
        const result: unknown = Reflect.apply(member, target, args);
        if (!(result instanceof Promise)) return result;
        note(`${call}(${brief(args)})`);
        result.then(
          (answer: unknown) => note(`${call} → ${brief(answer)}`),
          (error: unknown) => note(`${call} fails: ${String(error)}`),
        );
        return result;
      };
    },
  });
}

function brief(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return Object.fromEntries(part);
    return part === null || typeof part === 'function' ? undefined : part;
  });
  return (text ?? '').replaceAll('"', '').slice(0, briefLengthMax);
}
