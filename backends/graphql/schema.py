"""The schema, built once per server."""

import graphene
from graphql import GraphQLSchema

from backends.graphql.mutations import Mutation
from backends.graphql.queries import Query
from backends.graphql.subscriptions import Subscription


def build_schema() -> GraphQLSchema:
    """Build the executable schema from the graphene types."""
    schema: GraphQLSchema = graphene.Schema(
        query=Query, mutation=Mutation, subscription=Subscription
    ).graphql_schema
    return schema
