import { createHash } from 'node:crypto';
import { type LinearWeights, packTerms, type Term } from './linear.ts';
import { finite, objectOf, packTrees, type Trees } from './trees.ts';

/** A release that changes what is in the file takes the next number; older ones are refused. */
export const artifactVersion = 1;

/** The file that a model comes in. Numbers are lists in the order of the names. */
export interface Artifact {
  version: typeof artifactVersion;
  kind: 'linear' | 'trees';
  /** As `ContinueWatchingConnection.ranker` names it: `linear-1`. */
  name: string;
  featureNames: readonly string[];
  visitFeatureNames: readonly string[];
  ranking: {
    /** Beside trees too: what reasons come from, and what the online correction is scaled by. */
    linear: LinearPart;
    /** LightGBM's `dump_model`. */
    trees: unknown;
  };
  visit: (LinearPart & { bias: number }) | null;
  /** Utilities are divided by it before they become probabilities. */
  temperature: number;
  /** Where the model comes from; for people. */
  card: Readonly<Record<string, unknown>>;
  /** Of `canonicalJson` of everything else. */
  sha256: string;
}

export interface LinearPart {
  mean: readonly number[];
  sd: readonly number[];
  weight: readonly number[];
  missingWeight: readonly number[];
  /** Features by their place in the names. @default none */
  terms?: readonly Term[] | undefined;
}

/** The features that will come, in their order. */
export interface Expected {
  featureNames: readonly string[];
  visitFeatureNames: readonly string[];
}

/** What is in an artifact, checked, in the order of the expected features. */
export interface Contents {
  kind: Artifact['kind'];
  name: string;
  linear: LinearWeights;
  trees: Trees | null;
  visit: (LinearWeights & { bias: number }) | null;
  temperature: number;
  card: Readonly<Record<string, unknown>>;
  sha256: string;
}

/**
 * Checks an artifact and reads it.
 *
 * Errors: an Error in one sentence: another version, another hash, other features, what is no number.
 */
export function readArtifact(value: unknown, expected: Expected): Contents {
  const artifact = objectOf(value, 'The model');
  if (artifact.version !== artifactVersion)
    throw new Error(
      `The model is of version ${artifact.version}; this release reads ${artifactVersion}.`,
    );
  const { kind, name, sha256 } = checkHead(artifact);
  const names = namesOf(artifact.featureNames, 'featureNames');
  const order = orderOf(names, expected.featureNames, 'ranking');
  const ranking = objectOf(artifact.ranking, 'ranking');
  const dump = ranking.trees ?? null;
  if ((dump !== null) !== (kind === 'trees'))
    throw new Error(`A model of kind ${kind} ${dump === null ? 'has no' : 'has'} trees.`);
  const temperature = finite(artifact.temperature, 'temperature');
  if (temperature <= 0) throw new Error(`temperature is not above zero: ${temperature}.`);
  return {
    ...{ kind, name, sha256, temperature },
    linear: linearOf(ranking.linear, order, 'ranking.linear'),
    trees: dump === null ? null : treesOf(dump, { names, expected }),
    visit: artifact.visit === null ? null : visitOf(artifact, expected),
    card: objectOf(artifact.card, 'card'),
  };
}

/** Keys in order and nothing between them: equal contents have equal text, whoever wrote them. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

export function artifactHash(rest: Omit<Artifact, 'sha256'>): string {
  return createHash('sha256').update(canonicalJson(rest)).digest('hex');
}

type Fields = Readonly<Record<string, unknown>>;

function checkHead(artifact: Fields): Pick<Artifact, 'kind' | 'name' | 'sha256'> {
  const { kind, name, sha256, ...rest } = artifact;
  if (kind !== 'linear' && kind !== 'trees')
    throw new Error(`The model is of an unknown kind: ${kind}.`);
  if (typeof name !== 'string' || !/^[a-z0-9-]{1,64}$/.test(name))
    throw new Error(`The model's name is not of a-z, 0-9 and -: ${name}.`);
  const actual = artifactHash({ ...rest, kind, name } as Omit<Artifact, 'sha256'>);
  if (sha256 !== actual)
    throw new Error(`The model's sha256 is ${sha256}, but its contents have ${actual}.`);
  return { kind, name, sha256: actual };
}

function namesOf(value: unknown, what: string): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string'))
    throw new Error(`${what} is no list of names.`);
  return value;
}

/** Where each expected feature stands in the artifact: by name, so that no order is relied on. */
function orderOf(
  names: readonly string[],
  expected: readonly string[],
  what: string,
): readonly number[] {
  const missing = names.filter((name) => !expected.includes(name));
  const extra = expected.filter((name) => !names.includes(name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const complaints = [
    ...(missing.length > 0 ? [`it needs ${missing.join(', ')}, which nobody computes`] : []),
    ...(extra.length > 0 ? [`it does not know ${extra.join(', ')}`] : []),
    ...(twice.length > 0 ? [`it names ${twice.join(', ')} twice`] : []),
  ];
  if (complaints.length > 0)
    throw new Error(`The ${what} model was trained on other features: ${complaints.join('; ')}.`);
  return expected.map((name) => names.indexOf(name));
}

function linearOf(value: unknown, order: readonly number[], what: string): LinearWeights {
  const part = objectOf(value, what);
  const numbers = (key: Exclude<keyof LinearPart, 'terms'>) => {
    const list = part[key];
    if (!Array.isArray(list) || list.length !== order.length)
      throw new Error(`${what}.${key} is no list of ${order.length} numbers.`);
    return Float64Array.from(order, (at) => finite(list[at], `${what}.${key}[${at}]`));
  };
  const sd = numbers('sd');
  if (sd.some((each) => each <= 0)) throw new Error(`${what}.sd is not above zero everywhere.`);
  return {
    ...{ mean: numbers('mean'), sd },
    ...{ weight: numbers('weight'), missingWeight: numbers('missingWeight') },
    terms: packTerms(termsOf(part.terms ?? [], order, `${what}.terms`)),
  };
}

/** More would take longer to score than a row may take. */
const termsMax = 1_000;

function termsOf(value: unknown, order: readonly number[], what: string): Term[] {
  if (!Array.isArray(value) || value.length > termsMax)
    throw new Error(`${what} is no list of at most ${termsMax}.`);
  const placeOf = (feature: unknown, at: string) => {
    const place = order.indexOf(feature as number);
    if (place < 0) throw new Error(`${at} is no feature: ${feature}.`);
    return place;
  };
  return value.map((each, index) => {
    const at = `${what}[${index}]`;
    const { feature, other, from, weight } = objectOf(each, at);
    return {
      feature: placeOf(feature, `${at}.feature`),
      other: other === null ? null : placeOf(other, `${at}.other`),
      from: finite(from, `${at}.from`),
      weight: finite(weight, `${at}.weight`),
    };
  });
}

function treesOf(
  dump: unknown,
  { names, expected }: { names: readonly string[]; expected: Expected },
): Trees {
  const own = namesOf(objectOf(dump, 'ranking.trees').feature_names, 'ranking.trees.feature_names');
  orderOf(own, names, 'trees');
  return packTrees(dump, expected.featureNames);
}

function visitOf(artifact: Fields, { visitFeatureNames }: Expected): Contents['visit'] {
  const names = namesOf(artifact.visitFeatureNames, 'visitFeatureNames');
  const order = orderOf(names, visitFeatureNames, 'visit');
  const bias = finite(objectOf(artifact.visit, 'visit').bias, 'visit.bias');
  return { ...linearOf(artifact.visit, order, 'visit'), bias };
}
