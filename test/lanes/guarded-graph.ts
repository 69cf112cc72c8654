import { parse, print } from 'graphql';
import { variantSubgraphs } from './variant-graph.ts';

const everywhere = 'directive @loud on FIELD';
const inShop = `
  extend type Query {
    vault: Int @requiresScopes(scopes: [["gold"]])
    cut(at: Int): Size
    dye(shade: Shade): Int
    whisper(secret: Int @inaccessible): Int
  }
  type Subscription { sold: Int }
`;

/** The variant graph with what it has no operations for: scopes, a directive of its own, a subscription. */
export const guardedSubgraphs = {
  shop: parse(
    `${print(variantSubgraphs.shop).replace('"@key"', '"@key", "@requiresScopes"')} ${everywhere} ${inShop}`,
  ),
  press: parse(`${print(variantSubgraphs.press)} ${everywhere}`),
  library: parse(`${print(variantSubgraphs.library)} ${everywhere}`),
};
