using System.Collections.Immutable;
using KvStore.Specs.Deploy.Kubernetes;

namespace KvStore.Specs.Deploy.Pods;

/// <summary>The environment that a pod of the StatefulSet gets, put together from the manifests as Kubernetes does it.</summary>
internal static class PodEnvironment
{
    /// <param name="secrets">By name and key, such as <c>kvstore-database/connectionString</c>.</param>
    public static ImmutableDictionary<string, string> Of(
        StatefulSet set, IEnumerable<string> configMap, string pod, string address, IReadOnlyDictionary<string, string> secrets)
    {
        var container = set.Pod.Containers.Single();
        Assert.Single(container.EnvFrom);
        var variables = configMap.Select(literal => literal.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (var variable in container.Env)
        {
            variables[variable.Name] = variable.ValueFrom switch
            {
                { FieldRef.FieldPath: "metadata.name" } => pod,
                { FieldRef.FieldPath: "metadata.namespace" } => set.Metadata.Namespace ?? "kvstore",
                { FieldRef.FieldPath: "status.podIP" } => address,
                { SecretKeyRef: { } secret } => secrets[$"{secret.Name}/{secret.Key}"],
                null => Expand(variable.Value!, variables),
                _ => throw new NotSupportedException($"{variable.Name}: no spec knows where its value comes from."),
            };
        }

        return variables.ToImmutableDictionary();
    }

    /// <summary><c>$(NAME)</c> is replaced where NAME is known by then, and stays as it is where not.</summary>
    private static string Expand(string value, Dictionary<string, string> known) =>
        known.Aggregate(value, (text, variable) => text.Replace($"$({variable.Key})", variable.Value, StringComparison.Ordinal));
}
