namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record Lifecycle
{
    public required Handler PreStop { get; init; }

    internal sealed record Handler
    {
        public required SleepAction Sleep { get; init; }
    }

    internal sealed record SleepAction
    {
        public required int Seconds { get; init; }
    }
}
