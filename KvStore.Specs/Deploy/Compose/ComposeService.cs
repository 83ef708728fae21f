namespace KvStore.Specs.Deploy.Compose;

internal sealed record ComposeService
{
    public required string Image { get; init; }

    public BuildPlan? Build { get; init; }

    public List<string> Command { get; init; } = [];

    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>A list of names, or a map from names to conditions.</summary>
    public object? DependsOn { get; init; }

    public HealthCheck? Healthcheck { get; init; }

    public required string Restart { get; init; }

    public string? StopGracePeriod { get; init; }

    public bool ReadOnly { get; init; }

    public List<string> Tmpfs { get; init; } = [];

    public List<string> CapDrop { get; init; } = [];

    public List<string> SecurityOpt { get; init; } = [];

    public List<string> Volumes { get; init; } = [];

    public List<string> Ports { get; init; } = [];

    internal sealed record BuildPlan
    {
        public required string Context { get; init; }

        public required string Dockerfile { get; init; }

        public required Dictionary<string, string> Args { get; init; }
    }

    internal sealed record HealthCheck
    {
        public required List<string> Test { get; init; }

        public required string Interval { get; init; }

        public required string Timeout { get; init; }

        public required int Retries { get; init; }
    }
}
