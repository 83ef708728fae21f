namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record Probe
{
    public HttpGetAction? HttpGet { get; init; }

    public ExecAction? Exec { get; init; }

    public required int PeriodSeconds { get; init; }

    public required int TimeoutSeconds { get; init; }

    public required int FailureThreshold { get; init; }

    internal sealed record HttpGetAction
    {
        public required string Path { get; init; }

        /// <summary>The name of a port of the container.</summary>
        public required string Port { get; init; }
    }

    internal sealed record ExecAction
    {
        public required List<string> Command { get; init; }
    }
}
