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

/**
 * Counts what profiles and addresses ask for, field by field, and refuses an operation that is too much as
 * a whole: none of it runs. An address is counted once before anything is parsed or verified, so that
 * rubbish counts as well.
 *
 * Errors: RATE_LIMITED with `retryAfterMs`, by HTTP with status 200: what is retryable in it says the code.
 */
export function limitRates({ limits, trustedProxies }: GatewayRates, log: Logger): GatewayPlugin {
  const refusalOf = (error: unknown) => ({ errors: [toGraphQLError(error, log)] });
  const admit = async (args: Operation): Promise<{ errors: GraphQLError[] } | undefined> => {
    const { currentUser: viewer, req } = args.contextValue as Asking;
    const fields = countFields(args.document, args.operationName);
    try {
      const address = countedAddress(req, trustedProxies);
      if (address !== null && fields > 1) await limits.admit('address', address, fields - 1);
      if (viewer) await limits.admit('profile', viewer.profileId, fields);
      return undefined;
    } catch (error) {
      return refusalOf(error);
    }
  };
  return {
    async onParams({ context, setResult }) {
      const address = countedAddress((context as Asking).req, trustedProxies);
      if (address === null) return;
      try {
        await limits.admit('address', address);
      } catch (error) {
        setResult(refusalOf(error));
      }
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
  currentUser?: Viewer | null;
}
