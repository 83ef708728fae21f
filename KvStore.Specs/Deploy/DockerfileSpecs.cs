using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using KvStore.Specs.Deploy.Kubernetes;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy;

public sealed partial class DockerfileSpecs
{
    [Fact]
    public void Base_images_are_pinned_by_a_patch_version_and_the_last_one_has_no_shell()
    {
        var images = Dockerfile.Instructions.Where(line => line.Name == "FROM")
            .Select(line => line.Arguments.Split(' ').First(part => part[0] != '-')).ToList();

        Assert.Equal(2, images.Count);
        Assert.All(images, image => Assert.Matches(@":[0-9]+\.[0-9]+\.[0-9]+-", image));
        Assert.EndsWith("-chiseled", images[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_SDK_is_one_that_global_json_takes_and_the_runtime_is_the_frameworks()
    {
        var wanted = Version.Parse(JsonDocument.Parse(File.ReadAllText(RepositoryRoot.File("global.json"))).RootElement
            .GetProperty("sdk").GetProperty("version").GetString()!);
        var framework = XDocument.Load(RepositoryRoot.File("Directory.Build.props")).Descendants("TargetFramework").Single().Value;
        var sdk = VersionOf("sdk");
        var runtime = VersionOf("aspnet");

        Assert.Equal((wanted.Major, wanted.Minor), (sdk.Major, sdk.Minor));
        Assert.True(sdk >= wanted);
        Assert.Equal(framework, $"net{runtime.Major}.{runtime.Minor}");
    }

    [Fact]
    public void The_user_is_the_pods_user_and_not_root()
    {
        var pod = ((StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single()).Pod.SecurityContext;
        var user = Dockerfile.LastStage.Single(line => line.Name == "USER").Arguments;

        Assert.Equal($"{pod.RunAsUser}:{pod.RunAsGroup}", user);
        Assert.Contains(Dockerfile.LastStage, line => line.Name == "COPY" && line.Arguments.Contains($"--chown={user} ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_image_listens_on_the_port_that_manifests_and_compose_file_name()
    {
        var node = ((StatefulSet)Manifests.ReadFile("base/statefulset.yaml").Single()).Pod.Containers.Single();
        var exposed = Dockerfile.LastStage.Single(line => line.Name == "EXPOSE").Arguments.Split(' ');
        var environment = Dockerfile.LastStage.Single(line => line.Name == "ENV").Arguments.Split(' ');

        Assert.Equal(node.Ports.Select(port => $"{port.Number}"), exposed);
        Assert.Contains($"ASPNETCORE_URLS=http://+:{node.Ports.Single(port => port.Name == "http").Number}", environment);
        Assert.Contains("ASPNETCORE_HTTP_PORTS=", environment);
    }

    /// <summary>A project that is forgotten here breaks the build of the image only, which hardly anybody runs.</summary>
    [Fact]
    public void Every_project_of_the_node_is_there_for_the_restore_and_for_the_build()
    {
        var projects = ProjectsOf("KvStore.Node").Distinct().Order(StringComparer.Ordinal).ToList();
        var copies = Dockerfile.Instructions.Select((line, at) => (line, at)).Where(copy => copy.line.Name == "COPY").ToList();
        var restore = At("dotnet restore");
        var publish = At("dotnet publish");

        Assert.True(projects.Count > 1 && restore < publish);
        Assert.All(projects, project =>
        {
            Assert.Contains(copies, copy => copy.at < restore && copy.line.Arguments == $"{project}/{project}.csproj {project}/");
            Assert.Contains(copies, copy => copy.at > restore && copy.at < publish && copy.line.Arguments == $"{project}/ {project}/");
        });
        Assert.All(
            new[] { "global.json", "Directory.Build.props", "Directory.Packages.props" },
            file => Assert.Contains(copies, copy => copy.at < restore && copy.line.Arguments.Split(' ').Contains(file)));
        Assert.Equal(projects.Count * 2, copies.Count(copy => copy.line.Arguments.StartsWith("KvStore.", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_copied_is_sent_to_the_builder()
    {
        var sent = File.ReadAllLines(RepositoryRoot.File(".dockerignore"))
            .Where(line => line.StartsWith('!')).Select(line => line[1..].TrimEnd('/'));
        var copied = Dockerfile.Instructions.Where(line => line.Name == "COPY" && !line.Arguments.StartsWith('-'))
            .SelectMany(line => line.Arguments.Split(' ')[..^1]).Select(path => path.Split('/')[0]).Distinct();

        Assert.Equal(sent.Order(StringComparer.Ordinal), copied.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Restore_and_publish_are_told_the_same_properties()
    {
        var restore = Property().Matches(Dockerfile.Run("dotnet restore")).Select(match => match.Value);
        var publish = Property().Matches(Dockerfile.Run("dotnet publish")).Select(match => match.Value);

        Assert.Equal(restore, publish);
        Assert.Contains("-p:PublishReadyToRun=true", publish);
        Assert.Contains("-p:KvStoreKubernetes=$KUBERNETES", publish);
        Assert.Contains(Dockerfile.Instructions, line => line == ("ARG", "KUBERNETES=true"));
    }

    private static int At(string start) => Dockerfile.Instructions.ToList().IndexOf(("RUN", Dockerfile.Run(start)));

    private static Version VersionOf(string image) => Version.Parse(Dockerfile.Instructions.Where(line => line.Name == "FROM")
        .Select(line => Tag().Match(line.Arguments)).Single(match => match.Groups["image"].Value == image).Groups["version"].Value);

    private static IEnumerable<string> ProjectsOf(string project) => XDocument.Load(RepositoryRoot.File($"{project}/{project}.csproj"))
        .Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value))
        .SelectMany(ProjectsOf).Append(project);

    [GeneratedRegex("-(p:[A-Za-z]+=[^ ]+|a [^ ]+)")]
    private static partial Regex Property();

    [GeneratedRegex(@"/(?<image>[a-z]+):(?<version>[0-9.]+)-")]
    private static partial Regex Tag();
}
