/** There already, mostly; a promise where somebody else has to be asked first. */
export type AtOnce<Value> = Value | Promise<Value>;

/**
 * What comes of a value: at once if that is there.
 *
 * Cost: the call; to await what is there would take as long as a look-up, for each step of each request.
 */
export function after<Value, Next>(
  value: AtOnce<Value>,
  next: (value: Value) => AtOnce<Next>,
): AtOnce<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
