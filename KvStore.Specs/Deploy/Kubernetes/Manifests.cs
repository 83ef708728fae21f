using KvStore.Specs.Support;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace KvStore.Specs.Deploy.Kubernetes;

/// <summary>Reads manifests, and refuses what no record knows, what is given twice and what is missing.</summary>
internal static class Manifests
{
    private static readonly Dictionary<(string ApiVersion, string Kind), Type> Types = new()
    {
        [("v1", "Namespace")] = typeof(NamespaceObject),
        [("v1", "ServiceAccount")] = typeof(ServiceAccount),
        [("v1", "ConfigMap")] = typeof(ConfigMap),
        [("v1", "Service")] = typeof(Service),
        [("apps/v1", "StatefulSet")] = typeof(StatefulSet),
        [("policy/v1", "PodDisruptionBudget")] = typeof(PodDisruptionBudget),
        [("networking.k8s.io/v1", "NetworkPolicy")] = typeof(NetworkPolicy),
        [("rbac.authorization.k8s.io/v1", "Role")] = typeof(Role),
        [("rbac.authorization.k8s.io/v1", "RoleBinding")] = typeof(RoleBinding),
        [("monitoring.coreos.com/v1", "ServiceMonitor")] = typeof(ServiceMonitor),
        [("monitoring.coreos.com/v1", "PrometheusRule")] = typeof(PrometheusRule),
    };

    private static readonly IDeserializer Strict = Builder().Build();
    private static readonly IDeserializer Peeking = Builder().IgnoreUnmatchedProperties().Build();

    public static string Root { get; } = RepositoryRoot.File("deploy/k8s");

    public static IEnumerable<KubernetesObject> ReadFile(string name) => Read(File.ReadAllText(Path.Combine(Root, name)));

    public static Kustomization ReadKustomization(string directory) =>
        Strict.Deserialize<Kustomization>(File.ReadAllText(Path.Combine(Root, directory, "kustomization.yaml")));

    public static List<JsonPatchOperation> ReadPatch(string name) =>
        Strict.Deserialize<List<JsonPatchOperation>>(File.ReadAllText(Path.Combine(Root, name)));

    /// <param name="yaml">Documents divided by <c>---</c>.</param>
    public static IEnumerable<KubernetesObject> Read(string yaml)
    {
        foreach (var document in yaml.Split("\n---\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var kind = Peeking.Deserialize<TypeOfObject>(document);
            if (!Types.TryGetValue((kind.ApiVersion, kind.Kind), out var type))
            {
                throw new NotSupportedException($"No record for kind {kind.Kind} of {kind.ApiVersion}.");
            }

            yield return (KubernetesObject)Strict.Deserialize(document, type)!;
        }
    }

    private static DeserializerBuilder Builder() => new DeserializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .WithEnforceRequiredMembers();

    private sealed record TypeOfObject
    {
        public required string ApiVersion { get; init; }

        public required string Kind { get; init; }
    }
}
