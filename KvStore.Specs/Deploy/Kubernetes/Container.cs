using YamlDotNet.Serialization;

namespace KvStore.Specs.Deploy.Kubernetes;

internal sealed record Container
{
    public required string Name { get; init; }

    public required string Image { get; init; }

    public List<string> Args { get; init; } = [];

    public required List<ContainerPort> Ports { get; init; }

    public List<EnvSource> EnvFrom { get; init; } = [];

    public required List<EnvVar> Env { get; init; }

    public required Probe StartupProbe { get; init; }

    public required Probe LivenessProbe { get; init; }

    public required Probe ReadinessProbe { get; init; }

    public Lifecycle? Lifecycle { get; init; }

    public required Resources Resources { get; init; }

    public required ContainerSecurity SecurityContext { get; init; }

    public required List<VolumeMount> VolumeMounts { get; init; }

    internal sealed record ContainerPort
    {
        public required string Name { get; init; }

        [YamlMember(Alias = "containerPort", ApplyNamingConventions = false)]
        public required int Number { get; init; }
    }

    internal sealed record VolumeMount
    {
        public required string Name { get; init; }

        public required string MountPath { get; init; }
    }

    internal sealed record ContainerSecurity
    {
        public required bool AllowPrivilegeEscalation { get; init; }

        public required bool ReadOnlyRootFilesystem { get; init; }

        public required Capabilities Capabilities { get; init; }
    }

    internal sealed record Capabilities
    {
        public required List<string> Drop { get; init; }
    }
}
