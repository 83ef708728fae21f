namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record PodSpec
{
    public string? ServiceAccountName { get; init; }

    public required bool AutomountServiceAccountToken { get; init; }

    public required bool EnableServiceLinks { get; init; }

    public string RestartPolicy { get; init; } = "Always";

    public required int TerminationGracePeriodSeconds { get; init; }

    public required PodSecurity SecurityContext { get; init; }

    public PodAffinity? Affinity { get; init; }

    public List<TopologySpread> TopologySpreadConstraints { get; init; } = [];

    public required List<Container> Containers { get; init; }

    public List<Volume> Volumes { get; init; } = [];

    internal sealed record PodSecurity
    {
        public required bool RunAsNonRoot { get; init; }

        public required int RunAsUser { get; init; }

        public required int RunAsGroup { get; init; }

        public int? FsGroup { get; init; }

        public string? FsGroupChangePolicy { get; init; }

        public required Seccomp SeccompProfile { get; init; }
    }

    internal sealed record Seccomp
    {
        public required string Type { get; init; }
    }

    internal sealed record PodAffinity
    {
        public required AntiAffinity PodAntiAffinity { get; init; }
    }

    internal sealed record AntiAffinity
    {
        public required List<WeightedTerm> PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
    }

    internal sealed record WeightedTerm
    {
        public required int Weight { get; init; }

        public required AffinityTerm PodAffinityTerm { get; init; }
    }

    internal sealed record AffinityTerm
    {
        public required string TopologyKey { get; init; }

        public required LabelSelector LabelSelector { get; init; }
    }

    internal sealed record TopologySpread
    {
        public required int MaxSkew { get; init; }

        public required string TopologyKey { get; init; }

        public required string WhenUnsatisfiable { get; init; }

        public required LabelSelector LabelSelector { get; init; }
    }

    internal sealed record Volume
    {
        public required string Name { get; init; }

        public required EmptyDirectory EmptyDir { get; init; }
    }

    internal sealed record EmptyDirectory
    {
        public required string SizeLimit { get; init; }
    }
}
