import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { PlayableTitle, MovieTitle, EpisodeTitle, SeriesTitle } from './titles.ts';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  DateTime: { input: string; output: string; }
  _FieldSet: { input: unknown; output: unknown; }
};

export type Node = {
  id: Scalars['ID']['output'];
};

/** What an adopter's own catalog must offer; everything else of this sample may be replaced. All types that implement it live in one subgraph; others extend them by key. */
export type Playable = {
  id: Scalars['ID']['output'];
  title: Scalars['String']['output'];
  durationMs?: Maybe<Scalars['Int']['output']>;
  /** Where the credits begin, in ms. */
  creditsStartMs?: Maybe<Scalars['Int']['output']>;
  artworkUrl?: Maybe<Scalars['String']['output']>;
};


/** What an adopter's own catalog must offer; everything else of this sample may be replaced. All types that implement it live in one subgraph; others extend them by key. */
export type PlayableArtworkUrlArgs = {
  width?: InputMaybe<Scalars['Int']['input']>;
};

export type Movie = Playable & Node & {
  __typename?: 'Movie';
  id: Scalars['ID']['output'];
  title: Scalars['String']['output'];
  durationMs?: Maybe<Scalars['Int']['output']>;
  creditsStartMs?: Maybe<Scalars['Int']['output']>;
  artworkUrl?: Maybe<Scalars['String']['output']>;
  releaseYear?: Maybe<Scalars['Int']['output']>;
};


export type MovieArtworkUrlArgs = {
  width?: InputMaybe<Scalars['Int']['input']>;
};

export type Episode = Playable & Node & {
  __typename?: 'Episode';
  id: Scalars['ID']['output'];
  title: Scalars['String']['output'];
  durationMs?: Maybe<Scalars['Int']['output']>;
  creditsStartMs?: Maybe<Scalars['Int']['output']>;
  artworkUrl?: Maybe<Scalars['String']['output']>;
  seasonNumber: Scalars['Int']['output'];
  episodeNumber: Scalars['Int']['output'];
  /** When it became playable; null: it always was. What is not playable yet is nowhere in the catalog. */
  availableFrom?: Maybe<Scalars['DateTime']['output']>;
  series: Series;
  /** The next one this viewer may play; null at the end of what there is. */
  nextEpisode?: Maybe<Episode>;
};


export type EpisodeArtworkUrlArgs = {
  width?: InputMaybe<Scalars['Int']['input']>;
};

export type Series = Node & {
  __typename?: 'Series';
  id: Scalars['ID']['output'];
  title: Scalars['String']['output'];
  episodes: EpisodeConnection;
};


export type SeriesEpisodesArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

export type EpisodeConnection = {
  __typename?: 'EpisodeConnection';
  edges: Array<EpisodeEdge>;
  pageInfo: PageInfo;
};

export type EpisodeEdge = {
  __typename?: 'EpisodeEdge';
  cursor: Scalars['String']['output'];
  node: Episode;
};

export type PageInfo = {
  __typename?: 'PageInfo';
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
  endCursor?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  __typename?: 'Query';
  playable?: Maybe<Playable>;
  /** In the order asked, null where unknown; 1 to 100 ids. */
  playables?: Maybe<Array<Maybe<Playable>>>;
  series?: Maybe<Series>;
};


export type QueryPlayableArgs = {
  id: Scalars['ID']['input'];
};


export type QueryPlayablesArgs = {
  ids: Array<Scalars['ID']['input']>;
};


export type QuerySeriesArgs = {
  id: Scalars['ID']['input'];
};



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Playable: Playable;
  Movie: Movie;
  Episode: Episode;
  Series: Series;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Playable:
    ( { __typename: 'Playable' }
    & GraphQLRecursivePick<FederationTypes['Playable'], {"id":true}> );
  Movie:
    ( { __typename: 'Movie' }
    & GraphQLRecursivePick<FederationTypes['Movie'], {"id":true}> );
  Episode:
    ( { __typename: 'Episode' }
    & GraphQLRecursivePick<FederationTypes['Episode'], {"id":true}> );
  Series:
    ( { __typename: 'Series' }
    & GraphQLRecursivePick<FederationTypes['Series'], {"id":true}> );
};


/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node:
    | ( MovieTitle )
    | ( EpisodeTitle )
    | ( SeriesTitle )
  ;
  Playable:
    | ( MovieTitle )
    | ( EpisodeTitle )
  ;
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Playable: ResolverTypeWrapper<PlayableTitle>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  Movie: ResolverTypeWrapper<MovieTitle>;
  Episode: ResolverTypeWrapper<EpisodeTitle>;
  Series: ResolverTypeWrapper<SeriesTitle>;
  EpisodeConnection: ResolverTypeWrapper<Omit<EpisodeConnection, 'edges'> & { edges: Array<ResolversTypes['EpisodeEdge']> }>;
  EpisodeEdge: ResolverTypeWrapper<Omit<EpisodeEdge, 'node'> & { node: ResolversTypes['Episode'] }>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  ID: Scalars['ID']['output'];
  Playable: PlayableTitle;
  String: Scalars['String']['output'];
  Int: Scalars['Int']['output'];
  Movie: MovieTitle;
  Episode: EpisodeTitle;
  Series: SeriesTitle;
  EpisodeConnection: Omit<EpisodeConnection, 'edges'> & { edges: Array<ResolversParentTypes['EpisodeEdge']> };
  EpisodeEdge: Omit<EpisodeEdge, 'node'> & { node: ResolversParentTypes['Episode'] };
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  Query: Record<PropertyKey, never>;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Movie' | 'Episode' | 'Series', ParentType, ContextType>;
};

export type PlayableResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Playable'] = ResolversParentTypes['Playable'], FederationReferenceType extends FederationReferenceTypes['Playable'] = FederationReferenceTypes['Playable']> = {
  __resolveType: TypeResolveFn<'Movie' | 'Episode', ParentType, ContextType>;
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Playable']> | FederationReferenceType, FederationReferenceType, ContextType>;
};

export type MovieResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Movie'] = ResolversParentTypes['Movie'], FederationReferenceType extends FederationReferenceTypes['Movie'] = FederationReferenceTypes['Movie']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Movie']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  creditsStartMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  artworkUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, Partial<MovieArtworkUrlArgs>>;
  releaseYear?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type EpisodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Episode'] = ResolversParentTypes['Episode'], FederationReferenceType extends FederationReferenceTypes['Episode'] = FederationReferenceTypes['Episode']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Episode']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  creditsStartMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  artworkUrl?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType, Partial<EpisodeArtworkUrlArgs>>;
  seasonNumber?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  episodeNumber?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  availableFrom?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  series?: Resolver<ResolversTypes['Series'], ParentType, ContextType>;
  nextEpisode?: Resolver<Maybe<ResolversTypes['Episode']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SeriesResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Series'] = ResolversParentTypes['Series'], FederationReferenceType extends FederationReferenceTypes['Series'] = FederationReferenceTypes['Series']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Series']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  title?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  episodes?: Resolver<ResolversTypes['EpisodeConnection'], ParentType, ContextType, RequireFields<SeriesEpisodesArgs, 'first'>>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type EpisodeConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EpisodeConnection'] = ResolversParentTypes['EpisodeConnection']> = {
  edges?: Resolver<Array<ResolversTypes['EpisodeEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type EpisodeEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['EpisodeEdge'] = ResolversParentTypes['EpisodeEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Episode'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  playable?: Resolver<Maybe<ResolversTypes['Playable']>, ParentType, ContextType, RequireFields<QueryPlayableArgs, 'id'>>;
  playables?: Resolver<Maybe<Array<Maybe<ResolversTypes['Playable']>>>, ParentType, ContextType, RequireFields<QueryPlayablesArgs, 'ids'>>;
  series?: Resolver<Maybe<ResolversTypes['Series']>, ParentType, ContextType, RequireFields<QuerySeriesArgs, 'id'>>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  Node?: NodeResolvers<ContextType>;
  Playable?: PlayableResolvers<ContextType>;
  Movie?: MovieResolvers<ContextType>;
  Episode?: EpisodeResolvers<ContextType>;
  Series?: SeriesResolvers<ContextType>;
  EpisodeConnection?: EpisodeConnectionResolvers<ContextType>;
  EpisodeEdge?: EpisodeEdgeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
};

