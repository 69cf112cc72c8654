/**
 * A function of text that remembers its answers: exports repeat themselves, in devices and in spans.
 *
 * Cost: at most `entriesMax` answers; they are forgotten together, then learned again.
 */
export function remembered<Answer>(
  compute: (text: string) => Answer,
  entriesMax: number,
): (text: string) => Answer {
  const answers = new Map<string, Answer>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = compute(text);
    if (answers.size >= entriesMax) answers.clear();
    // A copy: a piece of a line would keep the whole chunk that it was read in.
    answers.set(Buffer.from(text).toString(), answer);
    return answer;
  };
}
