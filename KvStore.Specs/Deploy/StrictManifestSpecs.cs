using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Support;
using YamlDotNet.Core;

namespace KvStore.Specs.Deploy;

/// <summary>No manifest has a field that nobody knows, gives one twice or leaves one out that it must have.</summary>
public sealed class StrictManifestSpecs
{
    private const string SomeService = """
        apiVersion: v1
        kind: Service
        metadata:
          name: some
        spec:
          selector:
            app: some
          ports:
            - name: http
              port: 80
              targetPort: http
        """;

    private static readonly string[] Files = [.. Directory
        .GetFiles(Manifests.Root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Manifests.Root, file)).Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_manifest_can_be_read_strictly()
    {
        var manifests = Files.Where(file => file.EndsWith(".yaml", StringComparison.Ordinal)
            && !file.EndsWith("kustomization.yaml", StringComparison.Ordinal) && !file.EndsWith("-patch.yaml", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(manifests);
        Assert.All(manifests, file => Assert.NotEmpty(Manifests.ReadFile(file)));
    }

    [Fact]
    public void Every_file_belongs_to_an_overlay()
    {
        var used = Overlay.Names.SelectMany(name => UsedBy($"overlays/{name}")).Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(Files, used);
    }

    [SkippableTheory]
    [MemberData(nameof(Overlay.All), MemberType = typeof(Overlay))]
    public async Task Every_overlay_is_built_and_its_objects_have_a_name_and_namespace_of_their_own(string name)
    {
        var overlay = await Overlay.BuildAsync(name);

        Assert.All(
            overlay.Objects.Where(item => item is not NamespaceObject), item => Assert.Equal("kvstore", item.Metadata.Namespace));
        Assert.Equal(
            overlay.Objects.Length, overlay.Objects.Select(item => (item.Kind, item.Metadata.Name)).Distinct().Count());
        // Kustomize renames it to fit; but it is also made by itself, before the Secret.
        Assert.Equal("kvstore", Assert.Single(Manifests.ReadFile("base/namespace.yaml")).Metadata.Name);
        Assert.Contains(overlay.Objects, item => item is NamespaceObject { Metadata.Name: "kvstore" });
    }

    [Theory]
    [InlineData("targetPort: http", "targetPort: http\n      nodePorts: 30080")]
    [InlineData("targetPort: http", "targetPort: http\n      port: 81")]
    [InlineData("      targetPort: http", "")]
    [InlineData("  name: some", "  name: some\nstatus: {}")]
    [InlineData("kind: Service", "kind: Servise")]
    public void What_is_misspelt_twice_there_or_missing_is_refused(string was, string becomes)
    {
        Assert.IsType<Service>(Assert.Single(Manifests.Read(SomeService)));

        var fault = Assert.ThrowsAny<Exception>(() => Manifests.Read(SomeService.Replace(was, becomes, StringComparison.Ordinal)).ToList());

        Assert.True(fault is YamlException or NotSupportedException, fault.ToString());
    }

    [Fact]
    public void The_image_of_the_nodes_is_named_in_one_place()
    {
        var images = Kustomizations().SelectMany(file => Manifests.ReadKustomization(file).Images).Where(image => image.NewName is not null);
        var image = Assert.Single(images);
        var files = Directory.GetFiles(RepositoryRoot.File("deploy"), "*", SearchOption.AllDirectories);

        Assert.Single(files, file => File.ReadAllText(file).Contains(image.NewName!, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Kustomizations() =>
        Files.Where(file => Path.GetFileName(file) == "kustomization.yaml").Select(file => Path.GetDirectoryName(file)!);

    private static IEnumerable<string> UsedBy(string directory)
    {
        var kustomization = Manifests.ReadKustomization(directory);
        var named = kustomization.Resources
            .Concat(kustomization.PatchesJson6902.Select(patch => patch.Path))
            .Concat(kustomization.ConfigMapGenerator.SelectMany(generator => generator.Files))
            .Append("kustomization.yaml")
            .Select(file => Normal(directory, file));
        return kustomization.Bases.SelectMany(other => UsedBy(Normal(directory, other))).Concat(named);
    }

    private static string Normal(string directory, string relative) =>
        Path.GetRelativePath(Manifests.Root, Path.GetFullPath(Path.Combine(Manifests.Root, directory, relative)));
}
