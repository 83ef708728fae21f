namespace KvStore.Specs.Page;

/// <summary>The classes that look at one running cluster: it is started once for them, and they run while nothing else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ServedPageCollection : ICollectionFixture<ServedPage>
{
    public const string Name = "the page in a browser";
}
