using System.Collections.Concurrent;
using System.Collections.Immutable;
using KvStore.Specs.Deploy.Kubernetes;

namespace KvStore.Specs.Deploy;

/// <summary>What <c>kubectl apply -k</c> would apply of one overlay.</summary>
internal sealed record Overlay(string Name, ImmutableArray<KubernetesObject> Objects)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Built = new();

    public static IEnumerable<string> Names { get; } = [.. Directory
        .GetDirectories(Path.Combine(Manifests.Root, "overlays")).Select(directory => Path.GetFileName(directory)!).Order(StringComparer.Ordinal)];

    /// <summary>For theories over all of them.</summary>
    public static TheoryData<string> All => new(Names);

    /// <summary>The nodes.</summary>
    public StatefulSet Nodes => Of<StatefulSet>().Single(set => set.Metadata.Name == "kvstore");

    /// <summary>The container of a node.</summary>
    public Container Node => Assert.Single(Nodes.Pod.Containers);

    /// <summary>Has <c>kubectl</c> build it; skips the running <c>SkippableFact</c> where there is none.</summary>
    public static async Task<Overlay> BuildAsync(string name)
    {
        var kubectl = CommandLineTool.Require("kubectl");
        var yaml = await Built.GetOrAdd(name, _ => new(() => CommandLineTool.RunAsync(
            Patience, kubectl, "kustomize", Path.Combine(Manifests.Root, "overlays", name)))).Value;
        return new Overlay(name, [.. Manifests.Read(yaml)]);
    }

    public IEnumerable<T> Of<T>()
        where T : KubernetesObject => Objects.OfType<T>();

    /// <summary>The pods that a service, a budget or a policy means; there must be some.</summary>
    public IEnumerable<StatefulSet> PodsOf(Dictionary<string, string> labels)
    {
        var selected = Of<StatefulSet>().Where(set => LabelSelector.AreIn(labels, set.PodLabels)).ToList();
        Assert.True(selected.Count > 0, $"{Name}: no pod has the labels {string.Join(", ", labels)}.");
        return selected;
    }

    /// <summary>The variables of the nodes, those of ConfigMaps included. Those from fields and secrets have no value here.</summary>
    public Dictionary<string, string?> NodeVariables() => Node.EnvFrom
        .SelectMany(source => Of<ConfigMap>().Single(map => map.Metadata.Name == source.ConfigMapRef.Name).Data)
        .Select(pair => (pair.Key, Value: (string?)pair.Value))
        .Concat(Node.Env.Select(variable => (Key: variable.Name, variable.Value)))
        .ToDictionary(pair => pair.Key, pair => pair.Value);
}
