import type { IncomingMessage } from 'node:http';
import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import type { DocumentNode, GraphQLError } from 'graphql';
import { type AtOnce, after } from '../runtime/at-once.ts';
import { toGraphQLError } from '../runtime/graphql-errors.ts';
import type { Viewer } from '../runtime/identity.ts';
import type { Logger } from '../runtime/log.ts';
import type { RateLimits } from '../runtime/rate-limits.ts';
import { countFields } from './field-count.ts';
import { countedAddress } from './peer-address.ts';

export interface GatewayRates {
  limits: RateLimits;
  /** Proxies in front that add to `x-forwarded-for`. */
  trustedProxies: number;
}

/** Null: admitted. Otherwise what refuses it. */
type Verdict = { fault: unknown } | null;

/** What was counted of one operation, or is being counted: nothing counts again. */
export interface Counts {
  address?: AtOnce<Verdict>;
  fields?: AtOnce<Verdict>;
}

/** By what stands for one operation. */
const counted = new WeakMap<object, Counts>();

/** What the fast lane has counted of an operation that the normal lane is to answer. */
export function handOver(key: object, counts: Counts): void {
  counted.set(key, counts);
}

/** Undefined: it comes by one lane only. */
function countsOf(key: object | undefined): Counts {
  const counts = (key && counted.get(key)) ?? {};
  if (key !== undefined) counted.set(key, counts);
  return counts;
}

interface Counting {
  counts: Counts;
  request: IncomingMessage | undefined;
}

interface FieldCounting extends Counting {
  viewer: Viewer | null | undefined;
  fields: number;
}

/** Once before anything is parsed or verified, so that rubbish counts as well. */
export function admitAddress(rates: GatewayRates, counting: Counting): AtOnce<Verdict> {
  const { counts, request } = counting;
  if (counts.address === undefined) counts.address = takeAddress(rates, request, 1);
  return counts.address;
}

/** The rest: every field of what is going to run. */
export function admitFields(rates: GatewayRates, counting: FieldCounting): AtOnce<Verdict> {
  const { counts } = counting;
  if (counts.fields === undefined) counts.fields = takeFields(rates, counting);
  return counts.fields;
}

function takeFields(
  rates: GatewayRates,
  { request, viewer, fields }: FieldCounting,
): AtOnce<Verdict> {
  const ofAddress = fields > 1 ? takeAddress(rates, request, fields - 1) : null;
  return after(ofAddress, (verdict) => {
    if (verdict !== null || !viewer) return verdict;
    return verdictOf(() => rates.limits.refusal('profile', viewer.profileId, fields));
  });
}

function takeAddress(
  { limits, trustedProxies }: GatewayRates,
  request: IncomingMessage | undefined,
  count: number,
): AtOnce<Verdict> {
  const address = countedAddress(request, trustedProxies);
  return address === null ? null : verdictOf(() => limits.refusal('address', address, count));
}

/** Whatever goes wrong with counting is a refusal. */
function verdictOf(refuse: () => AtOnce<Error | null>): AtOnce<Verdict> {
  const failed = (fault: unknown): Verdict => ({ fault });
  try {
    const refusal = refuse();
    return refusal instanceof Promise ? refusal.then(verdictFor, failed) : verdictFor(refusal);
  } catch (fault) {
    return failed(fault);
  }
}

function verdictFor(refusal: Error | null): Verdict {
  return refusal && { fault: refusal };
}

/**
 * Counts what profiles and addresses ask for, field by field, and refuses an operation that is too much as
 * a whole: none of it runs. An address is counted once before anything is parsed or verified, so that
 * rubbish counts as well. What the fast lane has counted of an operation counts no second time.
 *
 * Errors: RATE_LIMITED with `retryAfterMs`, by HTTP with status 200: what is retryable in it says the code.
 */
export function limitRates(rates: GatewayRates, log: Logger): GatewayPlugin {
  const refusalOf = (verdict: Verdict): { errors: GraphQLError[] } | undefined =>
    verdict === null ? undefined : { errors: [toGraphQLError(verdict.fault, log)] };
  const admit = async (args: Operation) => {
    const context = args.contextValue as Asking;
    const fields = countFields(args.document, args.operationName);
    const viewer = context.currentUser;
    return refusalOf(await admitFields(rates, { ...countingOf(context), viewer, fields }));
  };
  return {
    async onParams({ context, setResult }) {
      const refusal = refusalOf(await admitAddress(rates, countingOf(context as Asking)));
      if (refusal !== undefined) setResult(refusal);
    },
    async onExecute({ args, setResultAndStopExecution }) {
      const refusal = await admit(args);
      if (refusal !== undefined) setResultAndStopExecution(refusal);
    },
    async onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = await admit(args);
      if (refusal !== undefined) setResultAndStopExecution(refusal);
    },
  };
}

interface Operation {
  document: DocumentNode;
  operationName?: string | null | undefined;
  contextValue?: unknown;
}

/** By HTTP and by socket alike. */
interface Asking {
  req?: IncomingMessage | undefined;
  /** Its upgrade is the request of all operations that come by it. */
  socket?: unknown;
  /** What the lane in front of a socket has counted a message as. */
  countedAs?: object | undefined;
  currentUser?: Viewer | null;
}

function countingOf({ req: request, socket, countedAs }: Asking): Counting {
  return { request, counts: countsOf(socket === undefined ? request : countedAs) };
}
