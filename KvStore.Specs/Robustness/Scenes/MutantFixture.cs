using KvStore.Specs.Robustness.SeededBugs;

namespace KvStore.Specs.Robustness.Scenes;

/// <summary>One copy of the sources for all bugs of a class of specs.</summary>
public sealed class MutantFixture : IAsyncLifetime
{
    internal MutantBuild Build { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Build.DisposeAsync().AsTask();
}
