using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using KvStore.Specs.Support;

namespace KvStore.Specs.Deploy;

/// <summary>What the image's builder does, without the image: no other spec publishes, or compiles ahead of time.</summary>
public sealed class PublishSpecs
{
    /// <summary>About a minute where nothing else runs; packages may have to come from far away first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    [Fact]
    public async Task The_publish_command_of_the_Dockerfile_gives_a_program_that_starts()
    {
        using var directory = new TempDirectory();
        var output = directory.File("app");
        // The packages for Kubernetes are not needed to see whether the command works, and everything that is written lies beside
        // the repository: others may build there at this moment.
        string[] command =
        [
            .. Dockerfile.Run("dotnet publish")
                .Replace("$TARGETARCH", $"{RuntimeInformation.OSArchitecture}".ToLowerInvariant(), StringComparison.Ordinal)
                .Replace("$KUBERNETES", "false", StringComparison.Ordinal)
                .Replace(" -o /app", $" -o {output}", StringComparison.Ordinal)
                .Split(' ').Skip(1).Where(part => part != "--no-restore"),
            "--artifacts-path", directory.File("artifacts"), "-nodeReuse:false", "-p:UseSharedCompilation=false",
        ];
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

        await CommandLineTool.RunAsync(Patience, dotnet, command);

        // As the image starts it.
        var program = Assert.Single(Dockerfile.LastStage, line => line.Name == "ENTRYPOINT").Arguments;
        Assert.Equal("[\"dotnet\", \"/app/KvStore.Node.dll\"]", program);
        var node = Path.Combine(output, "KvStore.Node.dll");
        Assert.StartsWith("KvStore.Node:", await CommandLineTool.RunAsync(TimeSpan.FromMinutes(1), dotnet, node, "--help"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(output, "appsettings.json")));
        Assert.True(IsCompiledAhead(node), "KvStore.Node.dll is not compiled ahead of time.");
    }

    private static bool IsCompiledAhead(string assembly)
    {
        using var reader = new PEReader(File.OpenRead(assembly));
        return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }
}
