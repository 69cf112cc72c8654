import type { IncomingMessage } from 'node:http';
import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import type { DocumentNode, GraphQLError } from 'graphql';
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

/** What was counted, by what stands for one operation: no lane counts again what the other has. */
const ofAddress = new WeakMap<object, Verdict>();
const ofOperation = new WeakMap<object, Verdict>();

interface Counting {
  /** Stands for this operation and no other; undefined: it comes by one lane only. */
  key: object | undefined;
  request: IncomingMessage | undefined;
}

/** Once before anything is parsed or verified, so that rubbish counts as well. */
export async function admitAddress(rates: GatewayRates, counting: Counting): Promise<Verdict> {
  const { key, request } = counting;
  const before = key && ofAddress.get(key);
  if (before !== undefined) return before;
  const address = countedAddress(request, rates.trustedProxies);
  const verdict =
    address === null ? null : await verdictOf(() => rates.limits.admit('address', address));
  if (key !== undefined) ofAddress.set(key, verdict);
  return verdict;
}

/** The rest: every field of what is going to run. */
export async function admitFields(
  rates: GatewayRates,
  counting: Counting & { viewer: Viewer | null | undefined; fields: number },
): Promise<Verdict> {
  const { key, request, viewer, fields } = counting;
  const before = key && ofOperation.get(key);
  if (before !== undefined) return before;
  const address = countedAddress(request, rates.trustedProxies);
  const verdict = await verdictOf(async () => {
    if (address !== null && fields > 1) await rates.limits.admit('address', address, fields - 1);
    if (viewer) await rates.limits.admit('profile', viewer.profileId, fields);
  });
  if (key !== undefined) ofOperation.set(key, verdict);
  return verdict;
}

async function verdictOf(admit: () => Promise<void>): Promise<Verdict> {
  try {
    await admit();
    return null;
  } catch (fault) {
    return { fault };
  }
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
  return { request, key: socket === undefined ? request : countedAs };
}
