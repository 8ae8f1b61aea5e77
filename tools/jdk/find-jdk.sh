# Sourced by ./mvnw and ./earshot: sets JAVA_HOME to a JDK that is new enough, or explains what to install and returns 3.
# Order: EARSHOT_JAVA_HOME, JAVA_HOME, the java on PATH, then the folders where systems keep JDKs (the newest one wins;
# EARSHOT_JDK_FOLDERS, a list of words, replaces them).

EARSHOT_MIN_JDK=22

# Prints the major version of the JDK in folder $1, or nothing if there is no complete JDK.
earshot_jdk_major() {
  local jdk_major
  earshot_read_jdk_major "$1"
  echo "$jdk_major"
}

# The same into jdk_major, without starting a process: this runs at every start of a command.
earshot_read_jdk_major() {
  local line
  jdk_major=""
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
      jdk_major=${BASH_REMATCH[1]}
      return 0
    fi
  done <"$1/release"
}

# Sets home to the JDK whose javac is on PATH, or to nothing.
earshot_jdk_on_path() {
  home=$(type -P javac || true)
  [ -z "$home" ] || home=$(readlink -f "$home")
  home=${home%/bin/javac}
}

earshot_find_jdk() {
  local tried="" home jdk_major best="" best_major=0
  for home in "${EARSHOT_JAVA_HOME:-}" "${JAVA_HOME:-}" on-path; do
    [ "$home" != on-path ] || earshot_jdk_on_path
    [ -n "$home" ] || continue
    earshot_read_jdk_major "$home"
    if [ "${jdk_major:-0}" -ge "$EARSHOT_MIN_JDK" ]; then
      export JAVA_HOME="$home"
      return 0
    fi
    if [ -n "$jdk_major" ]; then
      tried="$tried"$'\n'"  $home (JDK $jdk_major)"
    else
      tried="$tried"$'\n'"  $home (no complete JDK)"
    fi
  done
  for home in ${EARSHOT_JDK_FOLDERS:-/usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* $HOME/.sdkman/candidates/java/* \
      $HOME/.jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home}; do
    earshot_read_jdk_major "$home"
    [ -n "$jdk_major" ] || continue
    if [ "$jdk_major" -ge "$EARSHOT_MIN_JDK" ] && [ "$jdk_major" -gt "$best_major" ]; then
      best=$home
      best_major=$jdk_major
    elif [ "$jdk_major" -lt "$EARSHOT_MIN_JDK" ]; then
      tried="$tried"$'\n'"  $home (JDK $jdk_major)"
    fi
  done
  if [ -n "$best" ]; then
    export JAVA_HOME="$best"
    return 0
  fi
  {
    echo "earshot: expected a JDK $EARSHOT_MIN_JDK or newer, found none. Looked at:${tried:- nothing}"
    echo "Install one (for example Eclipse Temurin 25, or your system's openjdk-25-jdk package) or point EARSHOT_JAVA_HOME at it."
  } >&2
  return 3
}
