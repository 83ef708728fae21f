using KvStore.Specs.Support;
using Xunit.Abstractions;

namespace KvStore.Specs.Original;

// The cases against each deployment: one node and three, on each store.

public sealed class OneSqliteNode() : OriginalNodes(1, StorageUnderTest.SqliteAsync);

public sealed class ThreeSqliteNodes() : OriginalNodes(3, StorageUnderTest.SqliteAsync);

public sealed class OnePostgresNode() : OriginalNodes(1, PostgresDatabase.CreateAsync);

public sealed class ThreePostgresNodes() : OriginalNodes(3, PostgresDatabase.CreateAsync);

public sealed class OriginalCasesOnOneSqliteNodeSpecs(OneSqliteNode nodes, ITestOutputHelper output)
    : OriginalCases(nodes.Addresses, nodes.Names, output), IClassFixture<OneSqliteNode>;

[Collection(ClusterOfProcessesCollection.Name)]
public sealed class OriginalCasesOnThreeSqliteNodesSpecs(ThreeSqliteNodes nodes, ITestOutputHelper output)
    : OriginalCases(nodes.Addresses, nodes.Names, output), IClassFixture<ThreeSqliteNodes>;

public sealed class OriginalCasesOnOnePostgresNodeSpecs(OnePostgresNode nodes, ITestOutputHelper output)
    : OriginalCases(nodes.Addresses, nodes.Names, output), IClassFixture<OnePostgresNode>;

[Collection(ClusterOfProcessesCollection.Name)]
public sealed class OriginalCasesOnThreePostgresNodesSpecs(ThreePostgresNodes nodes, ITestOutputHelper output)
    : OriginalCases(nodes.Addresses, nodes.Names, output), IClassFixture<ThreePostgresNodes>;
